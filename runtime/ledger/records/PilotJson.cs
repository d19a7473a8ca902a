using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>A pilot, as <c>admitted</c> and <c>refused</c> hold it.</summary>
internal static class PilotJson
{
    public static void Write(Utf8JsonWriter json, Pilot pilot)
    {
        json.WriteStartObject("pilot");
        json.WriteNumber("uid", pilot.Uid.Value);
        json.WriteNumber("gid", pilot.Gid.Value);
        json.WriteNumber("pid", pilot.Process.Value);
        json.WriteNumber("startTime", pilot.StartTime);
        if (pilot.AccountName is string name)
            json.Text("account", name, 256);
        json.Text("cgroup", pilot.Cgroup, 4096);
        WriteJob(json, pilot);
        json.WriteEndObject();
    }

    /// <summary>The key always; the job where the kernel shows one; what the environment claims, where it does.</summary>
    private static void WriteJob(Utf8JsonWriter json, Pilot pilot)
    {
        json.WriteStartObject("job");
        json.Text("key", pilot.Job.Value, 128);
        if (pilot.Batch is { } job)
        {
            json.WriteString("system", job.System.Name());
            if (job.Id is string id)
                json.Text("id", id, 256);
            json.WriteString("evidence", job.Evidence.Name());
            if (job.Cgroup is string cgroup)
                json.Text("cgroup", cgroup, 4096);
            if (job.TrackingGroup is GroupId group)
                json.WriteNumber("trackingGroup", group.Value);
        }

        if (pilot.Claim is { } claim)
        {
            json.WriteStartObject("claim");
            json.WriteString("system", claim.System.Name());
            if (claim.Id is string claimed)
                json.Text("id", claimed, 256);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
