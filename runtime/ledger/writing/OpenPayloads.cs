using Isolation.Core;

namespace Isolation.Ledger;

/// <summary>
/// The payloads that are admitted and not ended in the order of the chain, and the bytes owed to them. What was not made
/// durable can be taken back.
/// </summary>
internal sealed class OpenPayloads(int endingSpace)
{
    /// <summary>The part of an admission's space that is for its <c>started</c>.</summary>
    public const int StartSpace = 768;

    private readonly Dictionary<PayloadId, long> _sequences = [];
    private readonly HashSet<PayloadId> _started = [];
    private readonly Stack<Action> _undo = new();

    public IReadOnlyDictionary<PayloadId, long> Sequences => _sequences;

    public int Count => _sequences.Count;

    /// <summary>Bytes that <c>started</c> and <c>ended</c> of all of them may still take.</summary>
    public long Owed { get; private set; }

    /// <summary>Those that an earlier run left.</summary>
    public void Restore(IReadOnlyDictionary<PayloadId, long> open)
    {
        foreach ((PayloadId payload, long sequence) in open)
            _sequences.Add(payload, sequence);
        Owed = (long)endingSpace * Count;
    }

    public void Apply(PendingRecord record, long sequence)
    {
        if (record.Payload is not PayloadId payload)
            return;
        switch (record.Kind)
        {
            case RecordKind.Admission:
                _sequences.Add(payload, sequence);
                Owe(endingSpace);
                _undo.Push(() => _sequences.Remove(payload));
                break;
            case RecordKind.Start when _started.Add(payload):
                Owe(-StartSpace);
                _undo.Push(() => _started.Remove(payload));
                break;
            case RecordKind.Ending:
                long admitted = _sequences[payload];
                bool started = _started.Remove(payload);
                _sequences.Remove(payload);
                Owe(started ? StartSpace - endingSpace : -endingSpace);
                _undo.Push(() =>
                {
                    _sequences.Add(payload, admitted);
                    if (started)
                        _started.Add(payload);
                });
                break;
        }
    }

    /// <summary>What was applied is durable.</summary>
    public void Keep() => _undo.Clear();

    /// <summary>What was applied since the last <see cref="Keep"/> is not durable: as if it had not been.</summary>
    public void TakeBack()
    {
        while (_undo.TryPop(out Action? undo))
            undo();
    }

    private void Owe(long bytes)
    {
        Owed += bytes;
        _undo.Push(() => Owed -= bytes);
    }
}
