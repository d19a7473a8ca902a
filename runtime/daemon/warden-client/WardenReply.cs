using Isolation.Core;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Daemon;

/// <summary>The warden's answer to one request. Whoever receives it disposes it, and with it descriptors that nobody took.</summary>
internal sealed class WardenReply(WardenAnswer answer, byte[] body, IEnumerable<Descriptor> descriptors) : IDisposable
{
    private readonly Queue<Descriptor> _descriptors = new(descriptors);

    /// <summary>The body, where the operation was carried out.</summary>
    /// <exception cref="SetupException">The warden denied it, or a step failed.</exception>
    public MessageReader Body()
    {
        if (answer == WardenAnswer.Done)
            return new MessageReader(body);
        throw Failure();
    }

    /// <summary>Nothing is said but that it is done.</summary>
    /// <exception cref="SetupException">The warden denied it, or a step failed.</exception>
    public void Done() => Body().End();

    /// <summary>The warden has no such cell: nobody has built it, or an earlier warden had and this one has removed it.</summary>
    public bool IsOfNoCell => Invariant == WardenProtocol.NoCell;

    /// <summary>The cell is there, and at no stage at which that can be asked.</summary>
    public bool IsOfAnotherStage => Invariant == WardenProtocol.AnotherStage;

    private string Invariant => answer == WardenAnswer.Denied ? new MessageReader(body).Text(WardenProtocol.MaxText) : "";

    /// <summary>The next of the descriptors that came with it.</summary>
    /// <exception cref="WireException">None came.</exception>
    public Descriptor TakeDescriptor()
        => _descriptors.TryDequeue(out Descriptor? taken) ? taken : throw new WireException("the warden's answer lacks its descriptor");

    public void Dispose()
    {
        while (_descriptors.TryDequeue(out Descriptor? unused))
            unused.Dispose();
    }

    private SetupException Failure()
    {
        var reader = new MessageReader(body);
        if (answer == WardenAnswer.Denied)
        {
            string invariant = reader.Text(WardenProtocol.MaxText), asked = reader.Text(WardenProtocol.MaxText);
            reader.End();
            return new SetupException($"warden: {invariant}", $"the warden does not do this: {asked}");
        }

        string step = reader.Text(WardenProtocol.MaxText), cause = reader.Text(WardenProtocol.MaxText), undo = reader.Text(WardenProtocol.MaxText);
        reader.End();
        return new SetupException(step, cause, undo.Length == 0 ? null : undo);
    }
}
