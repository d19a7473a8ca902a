using System.Text;

namespace Isolation.Cli;

/// <summary>A table for people: columns as wide as their widest cell, two spaces apart, the last one open.</summary>
internal sealed class Columns(params string[] head)
{
    private readonly List<string[]> _rows = head.Length > 0 ? [head] : [];

    /// <summary>Adds a row; an empty or missing cell is a dash.</summary>
    public void Add(params string?[] cells) => _rows.Add([.. cells.Select(c => string.IsNullOrEmpty(c) ? "-" : Printable.Of(c))]);

    /// <summary>The lines.</summary>
    public string Text()
    {
        if (_rows.Count == 0)
            return "";
        int[] widths = new int[_rows.Max(r => r.Length)];
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length; i++)
                widths[i] = Math.Max(widths[i], row[i].Length);
        }

        StringBuilder text = new();
        foreach (string[] row in _rows)
        {
            for (int i = 0; i < row.Length - 1; i++)
                text.Append(row[i].PadRight(widths[i] + 2));
            text.Append(row[^1]).Append('\n');
        }

        return text.ToString();
    }
}
