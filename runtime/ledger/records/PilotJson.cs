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
        json.Text("job", pilot.Job.Value, 512);
        json.WriteEndObject();
    }
}
