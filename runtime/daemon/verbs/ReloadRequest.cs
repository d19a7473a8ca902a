using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>Asks a living service to reload its policy, as an operator does.</summary>
internal static class ReloadRequest
{
    private const int Deadline = 10_000; // ms

    /// <summary>False when it refuses; true when it reloads, or when nobody serves.</summary>
    public static bool Send(string socketPath, TextWriter output, TextWriter errors)
    {
        try
        {
            using UnixSocket socket = UnixSocket.Connect(UnixSocketKind.Stream, socketPath);
            Ask(socket, new HelloRequest(FrameFormat.Version, ProductInfo.Service));
            Ask(socket, new ReloadPolicyRequest());
            _ = Answer(socket);
            switch (Answer(socket))
            {
                case DoneAnswer done:
                    output.WriteLine(done.Note);
                    return true;
                case ErrorAnswer error:
                    errors.WriteLine($"the service did not take it: {error.Message} {error.Fix}");
                    return false;
                default:
                    throw new WireException("an answer to another question");
            }
        }
        catch (SyscallException e) when (e.Errno is Errno.ENOENT or Errno.ECONNREFUSED)
        {
            output.WriteLine("no service answers: it reads the policy when it starts");
            return true;
        }
        catch (Exception e) when (e is IOException or WireException)
        {
            errors.WriteLine($"the service at {socketPath} did not answer as it should: {e.Message}. Reload it: isolation policy reload, or SIGHUP.");
            return false;
        }
    }

    private static void Ask(UnixSocket socket, ClientMessage request)
    {
        byte[] content = ClientJson.Write(request), frame = new byte[FrameFormat.PrefixSize + content.Length];
        FrameFormat.WritePrefix(frame, content.Length);
        content.CopyTo(frame, FrameFormat.PrefixSize);
        Sys.WriteAll(socket, frame);
    }

    private static ServiceMessage Answer(UnixSocket socket)
    {
        byte[] prefix = Take(socket, FrameFormat.PrefixSize);
        return ClientJson.ReadAnswer(Take(socket, FrameFormat.ReadPrefix(prefix)));
    }

    private static byte[] Take(UnixSocket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int taken = 0; taken < count;)
        {
            if (Sys.Poll(socket, PollEvents.In, Deadline) == PollEvents.None)
                throw new IOException($"nothing came within {Deadline} ms");
            int length = Sys.Read(socket, bytes.AsSpan(taken));
            taken += length > 0 ? length : throw new IOException("it closed the connection");
        }

        return bytes;
    }
}
