using System.Text.Json;
using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The body of <c>ended</c>: less than 9 KiB whatever its texts hold (2 KiB of ending, 5 findings of at most 250 bytes, 27 figures of
/// at most 115, the victims, 1.2 KiB of what was fetched), so that it always fits into the space kept for it.
/// </summary>
internal static class EndedJson
{
    public static void Write(Utf8JsonWriter json, EndedRecord record)
    {
        json.WriteStartObject("pilot");
        json.WriteNumber("uid", record.Pilot.Value);
        json.WriteEndObject();
        EndingJson.Write(json, record.Ending);
        json.Text("observer", record.Observer, 64);

        json.WriteStartObject("usage");
        foreach ((string name, Figure figure) in record.Usage.Named)
            WriteFigure(json, name, figure);
        json.WriteEndObject();

        if (record.OutOfMemory is OutOfMemory killed)
        {
            json.WriteStartObject("outOfMemory");
            json.WriteNumber("kills", killed.Kills);
            json.WriteString("limit", killed.Limit.Name());
            json.Text("victims", killed.Victims, 300);
            json.WriteEndObject();
        }

        ExchangeJson.Write(json, record.Collection);

        json.WriteStartObject("residue");
        WriteFinding(json, "processes", record.Residue.Processes);
        WriteFinding(json, "cgroups", record.Residue.Cgroups);
        WriteFinding(json, "ipc", record.Residue.Ipc);
        WriteFinding(json, "files", record.Residue.Files);
        WriteFinding(json, "scratch", record.Residue.Scratch);
        json.WriteEndObject();
    }

    private static void WriteFigure(Utf8JsonWriter json, string name, Figure figure)
    {
        json.WriteStartObject(name);
        switch (figure)
        {
            case Figure.Measured measured:
                json.WriteNumber("value", measured.Value);
                break;
            case Figure.NotAvailable none:
                json.Text("notAvailable", none.Why, 64);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(figure), figure, "no such figure");
        }

        json.WriteEndObject();
    }

    private static void WriteFinding(Utf8JsonWriter json, string name, Finding finding)
    {
        (string kind, string text) = finding switch
        {
            Finding.ProvenEmpty proven => ("proven", proven.How),
            Finding.NothingFound nothing => ("nothingFound", nothing.Where),
            Finding.Found found => ("found", found.What),
            Finding.NotProvable unknown => ("notProvable", unknown.Why),
            _ => throw new ArgumentOutOfRangeException(nameof(finding), finding, "no such finding"),
        };
        json.WriteStartObject(name);
        json.Text(kind, text, 192);
        json.WriteEndObject();
    }
}
