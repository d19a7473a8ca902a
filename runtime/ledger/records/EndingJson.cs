using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>An ending: its <c>kind</c> and the fields of that kind.</summary>
internal static class EndingJson
{
    public static void Write(Utf8JsonWriter json, Ending ending)
    {
        json.WriteStartObject("ending");
        switch (ending)
        {
            case Ending.Exited exited:
                json.WriteString("kind", "exited");
                json.WriteNumber("code", exited.Code);
                break;
            case Ending.Signaled signaled:
                json.WriteString("kind", "signaled");
                json.WriteNumber("signal", signaled.Signal);
                break;
            case Ending.TimedOut late:
                json.WriteString("kind", "timed-out");
                json.WriteNumber("limitMicroseconds", late.Limit.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case Ending.OutOfMemory starved:
                json.WriteString("kind", "out-of-memory");
                json.WriteString("limit", starved.Limit.Name());
                json.Text("victim", starved.Victim, 300);
                break;
            case Ending.Abandoned:
                json.WriteString("kind", "abandoned");
                break;
            case Ending.KilledFromOutside killed:
                json.WriteString("kind", "killed-from-outside");
                json.Text("evidence", killed.Evidence, 768);
                break;
            case Ending.Refused refused:
                json.WriteString("kind", "refused");
                json.Text("rule", refused.Rule, 256);
                json.Text("why", refused.Why, 768);
                json.Text("fix", refused.Fix, 512);
                break;
            case Ending.Busy busy:
                json.WriteString("kind", "busy");
                json.Text("cause", busy.Cause, 768);
                json.WriteNumber("retryAfterMicroseconds", busy.RetryAfter.Ticks / TimeSpan.TicksPerMicrosecond);
                break;
            case Ending.Unavailable unavailable:
                json.WriteString("kind", "unavailable");
                json.Text("cause", unavailable.Cause, 768);
                json.Text("fix", unavailable.Fix, 512);
                json.WriteBoolean("pilotMayRun", unavailable.PilotMayRun);
                break;
            case Ending.SetupFailed failed:
                json.WriteString("kind", "setup-failed");
                json.Text("step", failed.Step, 256);
                json.Text("cause", failed.Cause, 768);
                if (failed.Undo is string undo)
                    json.Text("undo", undo, 512);
                break;
            case Ending.Lost lost:
                json.WriteString("kind", "lost");
                json.Text("evidence", lost.Evidence, 768);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(ending), ending, "no such ending");
        }

        json.WriteEndObject();
    }
}
