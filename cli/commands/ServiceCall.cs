using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Cli;

/// <summary>One request other than <c>run</c>: ask, and take the answers until one is the last.</summary>
internal static class ServiceCall
{
    /// <summary>Asks. Failures are told on stderr here.</summary>
    /// <param name="socket">The service's socket.</param>
    /// <param name="request">Writes the request.</param>
    /// <param name="answer">Takes one answer; returns the exit code after the last.</param>
    public static int Ask(byte[] socket, Action<JsonText> request, Func<JsonView, int?> answer)
        => Ask(socket, request, answer, OnError, cause => Silent(socket, cause));

    /// <summary>Asks, and lets the caller tell when nobody answers: it gets what was seen, and returns the exit code.</summary>
    public static int Ask(byte[] socket, Action<JsonText> request, Func<JsonView, int?> answer, Func<string, int> onSilence)
        => Ask(socket, request, answer, OnError, onSilence);

    /// <summary>Asks once with each handle, or without when there is none, until the payload is known.</summary>
    public static int AskWithHandles(byte[] socket, IReadOnlyList<string> handles, Action<JsonText, string?> request, Func<JsonView, int?> answer)
    {
        for (int i = 0; i < handles.Count - 1; i++)
        {
            bool unknown = false;
            int exitCode = Ask(socket, to => request(to, handles[i]), answer, error => (unknown = error["code"u8].Text == "no-such-payload")
                ? ExitCode.Refused
                : OnError(error), cause => Silent(socket, cause));
            if (!unknown)
                return exitCode;
        }

        return Ask(socket, to => request(to, handles.Count > 0 ? handles[^1] : null), answer);
    }

    /// <summary>The answer to a request that is only obeyed: prints what the service notes of it.</summary>
    public static int? Note(JsonView answer) => answer["note"u8].Text is { } note ? Output.Write(Printable.Of(note) + "\n") : ExitCode.Done;

    private static int Ask(byte[] socket, Action<JsonText> request, Func<JsonView, int?> answer, Func<JsonView, int> onError, Func<string, int> onSilence)
    {
        using ServiceConnection? service = ServiceConnection.TryOpen(socket, out int errno);
        if (service is null)
            return onSilence(ErrnoText.Of(errno));
        bool sent = service.TrySend(Requests.WithHello(request).Span, out errno);
        try
        {
            int patience = ServiceConnection.Patience * 1000;
            while (service.Next(patience) is { } frame)
            {
                patience = -1;
                switch (frame["type"u8].Text)
                {
                    case "hello":
                        break;
                    case "error":
                        return onError(frame);
                    default:
                        if (answer(frame) is int exitCode)
                            return exitCode;
                        break;
                }
            }

            return onSilence(sent ? "the connection ended without an answer" : ErrnoText.Of(errno));
        }
        catch (WireException e)
        {
            return FailureLine.Of(ExitCode.SetupFailed,
                FailureLine.Sentence($"the service breaks the protocol: {e.Message}", "Use the client that belongs to the service"));
        }
    }

    private static int OnError(JsonView error) => FailureLine.Of(ExitCode.OfError(error["code"u8].Text), FailureLine.OfError(error));

    private static int Silent(byte[] socket, string cause)
        => FailureLine.Of(ExitCode.Unavailable, FailureLine.Sentence(
            $"unavailable: nobody answers on {System.Text.Encoding.UTF8.GetString(socket)} ({cause})",
            "Start isolationd on this node, or name its socket with --socket or ISOLATION_SOCKET"));
}
