using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>The limits that apply to a payload; a kind that is not set is not there.</summary>
internal static class LimitsJson
{
    public static void Write(Utf8JsonWriter json, Limits limits)
    {
        json.WriteStartObject("limits");
        Number(json, "wallMicroseconds", limits.Wall?.Ticks / TimeSpan.TicksPerMicrosecond);
        Number(json, "memoryBytes", limits.MemoryBytes);
        Number(json, "swapBytes", limits.SwapBytes);
        Number(json, "processes", limits.Processes);
        Number(json, "cpuWeight", limits.CpuWeight);
        Number(json, "milliCpus", limits.MilliCpus);
        Number(json, "ioWeight", limits.IoWeight);
        Number(json, "openFiles", limits.OpenFiles);
        Number(json, "scratchBytes", limits.ScratchBytes);
        Number(json, "scratchFiles", limits.ScratchFiles);
        json.WriteEndObject();
    }

    private static void Number(Utf8JsonWriter json, string name, long? value)
    {
        if (value is long number)
            json.WriteNumber(name, number);
    }
}
