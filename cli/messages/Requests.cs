using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>The frames this client sends, written by hand; a test reads each back with the contract's own reader.</summary>
internal static class Requests
{
    /// <summary>hello, and the request after it, each with its prefix: one send.</summary>
    public static ReadOnlyMemory<byte> WithHello(Action<JsonText> request, int capacity = 1024)
    {
        JsonText frames = new(capacity + 128);
        Frame(frames, text => text.Raw("{\"type\":\"hello\",\"version\":"u8).Number(FrameFormat.Version)
            .Raw(",\"client\":\"isolation "u8).Raw(System.Text.Encoding.ASCII.GetBytes(CliVersion.Text)).Raw("\"}"u8));
        Frame(frames, request);
        return frames.Written;
    }

    /// <summary>One frame with its prefix.</summary>
    public static ReadOnlyMemory<byte> Framed(Action<JsonText> request)
    {
        JsonText frames = new(256);
        Frame(frames, request);
        return frames.Written;
    }

    /// <summary>join.</summary>
    public static void Join(JsonText to, string id, string handle)
        => to.Raw("{\"type\":\"join\",\"id\":"u8).Text(id).Raw(",\"handle\":"u8).Text(handle).Raw("}"u8);

    /// <summary>tell: <c>code</c>, <c>signal</c> or <c>errno</c>.</summary>
    public static void Tell(JsonText to, string member, int value)
        => to.Raw("{\"type\":\"tell\","u8).Text(member).Raw(":"u8).Number(value).Raw("}"u8);

    /// <summary>usage.</summary>
    public static void Usage(JsonText to) => to.Raw("{\"type\":\"usage\"}"u8);

    /// <summary>run.</summary>
    public static void Run(JsonText to, RunOptions options, IReadOnlyList<ReadOnlyMemory<byte>> environment, ClientExchange? exchange = null)
    {
        to.Raw("{\"type\":\"run\","u8);
        RunMembers(to, options, environment);
        exchange?.Write(to);
        to.Raw("}"u8);
    }

    /// <summary>explain. The request inside bears no type: it can only be one.</summary>
    public static void Explain(JsonText to, RunOptions options, IReadOnlyList<ReadOnlyMemory<byte>> environment, long? uid)
    {
        to.Raw("{\"type\":\"explain\",\"request\":{"u8);
        RunMembers(to, options, environment);
        to.Raw("}"u8);
        Number(to, "uid"u8, uid);
        to.Raw("}"u8);
    }

    /// <summary>signal.</summary>
    public static void Signal(JsonText to, string id, int signal, string? handle)
    {
        to.Raw("{\"type\":\"signal\",\"id\":"u8).Text(id).Raw(",\"signal\":"u8).Number(signal);
        Text(to, "handle"u8, handle);
        to.Raw("}"u8);
    }

    /// <summary>list.</summary>
    public static void List(JsonText to, IReadOnlyList<string> handles)
    {
        to.Raw("{\"type\":\"list\""u8);
        for (int i = 0; i < handles.Count; i++)
            to.Raw(i == 0 ? ",\"handles\":["u8 : ","u8).Text(handles[i]);
        to.Raw(handles.Count > 0 ? "]}"u8 : "}"u8);
    }

    /// <summary>show.</summary>
    public static void Show(JsonText to, string id, string? handle)
    {
        to.Raw("{\"type\":\"show\",\"id\":"u8).Text(id);
        Text(to, "handle"u8, handle);
        to.Raw("}"u8);
    }

    /// <summary>trace.</summary>
    public static void Trace(JsonText to, string? payload, long? uid)
    {
        to.Raw("{\"type\":\"trace\""u8);
        Text(to, "payload"u8, payload);
        Number(to, "uid"u8, uid);
        to.Raw("}"u8);
    }

    /// <summary>collected, with its prefix: of each file its length, or why there is none.</summary>
    public static ReadOnlyMemory<byte> Collected(IReadOnlyList<(long Bytes, string? Why)> files)
    {
        JsonText frames = new(256 + (files.Count * 256));
        Frame(frames, to =>
        {
            to.Raw("{\"type\":\"collected\",\"files\":["u8);
            for (int i = 0; i < files.Count; i++)
            {
                to.Raw(i == 0 ? "{"u8 : ",{"u8);
                _ = files[i].Why is string why ? to.Raw("\"why\":"u8).Text(why) : to.Raw("\"bytes\":"u8).Number(files[i].Bytes);
                to.Raw("}"u8);
            }

            to.Raw("]}"u8);
        });
        return frames.Written;
    }

    /// <summary>wait.</summary>
    public static void Wait(JsonText to, string id, string? handle)
    {
        to.Raw("{\"type\":\"wait\",\"id\":"u8).Text(id);
        Text(to, "handle"u8, handle);
        to.Raw("}"u8);
    }

    /// <summary>status.</summary>
    public static void Status(JsonText to) => to.Raw("{\"type\":\"status\"}"u8);

    /// <summary>reload-policy.</summary>
    public static void ReloadPolicy(JsonText to) => to.Raw("{\"type\":\"reload-policy\"}"u8);

    /// <summary>clear-account.</summary>
    public static void ClearAccount(JsonText to, uint uid) => to.Raw("{\"type\":\"clear-account\",\"uid\":"u8).Number(uid).Raw("}"u8);

    /// <summary>doctor.</summary>
    public static void Doctor(JsonText to, IReadOnlyList<ReadOnlyMemory<byte>> environment)
        => to.Raw("{\"type\":\"doctor\",\"environment\":"u8).Base64(environment).Raw("}"u8);

    private static void RunMembers(JsonText to, RunOptions options, IReadOnlyList<ReadOnlyMemory<byte>> environment)
    {
        to.Raw("\"command\":"u8).Base64(options.Command);
        to.Raw(",\"environment\":"u8).Base64(environment);
        if (options.ExplicitEnvironment.Count > 0)
            to.Raw(",\"explicitEnvironment\":"u8).Base64(options.ExplicitEnvironment);
        Text(to, "level"u8, options.Level);
        Text(to, "claim"u8, options.Claim);
        Text(to, "image"u8, options.Image);
        if (options.WorkingDirectory is { } directory)
            to.Raw(",\"workingDirectory\":"u8).Base64(directory.Span);
        if (options.Lending is { } lending)
            to.Raw(",\"lend\":true"u8).Raw(lending is { Holds: not null, MeansIt: true } ? ",\"lendCredentials\":true"u8 : ""u8);
        to.Raw(options.Detach ? ",\"detach\":true"u8 : ""u8);
        for (int i = 0; i < options.Tags.Count; i++)
            to.Raw(i == 0 ? ",\"tags\":{"u8 : ","u8).Text(options.Tags[i].Name).Raw(":"u8).Text(options.Tags[i].Value);
        to.Raw(options.Tags.Count > 0 ? "}"u8 : ""u8);
        for (int i = 0; i < options.Limits.Count; i++)
            to.Raw(i == 0 ? ",\"limits\":{"u8 : ","u8).Text(options.Limits[i].Member).Raw(":"u8).Number(options.Limits[i].Value);
        to.Raw(options.Limits.Count > 0 ? "}"u8 : ""u8);
    }

    private static void Text(JsonText to, ReadOnlySpan<byte> name, string? value)
    {
        if (value is not null)
            to.Raw(",\""u8).Raw(name).Raw("\":"u8).Text(value);
    }

    private static void Number(JsonText to, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
            to.Raw(",\""u8).Raw(name).Raw("\":"u8).Number(number);
    }

    private static void Frame(JsonText frames, Action<JsonText> body)
    {
        int prefix = frames.Reserve(FrameFormat.PrefixSize);
        body(frames);
        FrameFormat.WritePrefix(frames.At(prefix, FrameFormat.PrefixSize), frames.Written.Length - prefix - FrameFormat.PrefixSize);
    }
}
