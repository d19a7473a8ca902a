using System.Text;

namespace Isolation.Policy;

/// <summary>What <c>policy check</c> prints: one line for each fault and note, in the form that editors can jump to.</summary>
public static class PolicyText
{
    /// <summary><c>FILE:LINE:COL: what. Fix: …</c>, one line each, in the order of the file.</summary>
    public static string OfFaults(string file, IEnumerable<PolicyFault> faults)
    {
        StringBuilder text = new();
        foreach (PolicyFault fault in faults)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{fault.Line}:{fault.Column}: {Where(fault.Path)}{fault.What}. Fix: {fault.Fix}\n");
        return text.ToString();
    }

    /// <summary><c>FILE:LINE:COL: note: …</c>, one line each, in the order of the file.</summary>
    public static string OfNotes(string file, IEnumerable<PolicyNote> notes)
    {
        StringBuilder text = new();
        foreach (PolicyNote note in notes)
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{file}:{note.Line}:{note.Column}: note: {Where(note.Path)}{note.What}.\n");
        return text.ToString();
    }

    private static string Where(string path) => path.Length == 0 ? "" : $"{path}: ";
}
