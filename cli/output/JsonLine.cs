namespace Isolation.Cli;

/// <summary>A value of the service for machines: as it came, on one line.</summary>
internal static class JsonLine
{
    /// <summary>Prints it.</summary>
    public static void Print(JsonView value)
    {
        // Line feeds can only lie between the members: inside a string JSON escapes them.
        byte[] line = [.. value.Json.Span, (byte)'\n'];
        for (int i = 0; i < line.Length - 1; i++)
        {
            if (line[i] is (byte)'\n' or (byte)'\r')
                line[i] = (byte)' ';
        }

        Output.Write(line);
    }
}
