namespace Isolation.Policy;

/// <summary>Reads the section <c>authorization</c>.</summary>
internal sealed class AuthorizationReader(ValueReader values, Findings findings)
{
    private static readonly Dictionary<string, int> Protocols = new() { ["argus"] = 0, ["scas"] = 1, ["gums"] = 2 };

    /// <summary>True when the site wants somebody asked.</summary>
    public bool Read(Pair? section)
    {
        MapReader reader = MapReader.Of(section?.Value, findings, "Write authorization: { ban: […], grid-mapfile: …, central: { … } }.");
        Node? ban = reader.Optional("ban");
        values.Distinct(values.SomeItems(ban, "ban files"), values.AbsolutePath);
        Node? map = reader.Optional("grid-mapfile");
        values.AbsolutePath(map);
        Node? central = reader.Optional("central");
        Central(central);
        reader.Done();

        bool configured = ban is not null || map is not null || central is not null;
        if (configured)
            findings.Note(section!.KeyAt, "authorization",
                "this version cannot ask ban files, a grid-mapfile or a central service: while they are configured, every payload that the rules would admit is answered 'unavailable'");
        return configured;
    }

    private void Central(Node? node)
    {
        MapReader reader = MapReader.Of(node, findings, "Write central: { protocol: argus, endpoints: [\"https://…\"] }.");
        values.Choice(reader.Required("protocol", "Name it: argus, scas or gums."), Protocols);
        values.Distinct(values.SomeItems(reader.Required("endpoints", "List the service's addresses."), "endpoints"), Endpoint);
        values.Duration(reader.Optional("timeout"));
        values.Duration(reader.Optional("cache"));
        reader.Done();
    }

    private string? Endpoint(Node item)
    {
        if (values.Text(item, "an address") is not string text)
            return null;
        if (Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme == Uri.UriSchemeHttps && uri.Host.Length > 0 && uri.UserInfo.Length == 0)
            return text;
        findings.Fault(item, $"{Findings.Quote(text)} is not an https address", "Write https://HOST:PORT/PATH, without a user name.");
        return null;
    }
}
