namespace Isolation.Linux;

/// <summary>
/// Descriptor numbers that are set aside early, while low ones are free, for what a child is given. A process that holds many descriptors gives its
/// child a copy of them all, and the child closes them one by one; a child whose descriptors are all below some number can share the table for a
/// moment, and copy only what is below (close_range(2), CLOSE_RANGE_UNSHARE): its start takes as long however many there are.
/// </summary>
public static class LowNumbers
{
    private const int First = 64; // above everything a child may be given, so that placing one never overwrites another's source
    private const int Count = 32;
    private static readonly Lock Turn = new();
    private static Descriptor? _nothing;
    private static Descriptor[] _numbers = [];

    /// <summary>Sets them aside; to be called early in a process that starts children while it holds many descriptors.</summary>
    /// <exception cref="SyscallException">The limit of open files does not allow it.</exception>
    public static void SetAside()
    {
        lock (Turn)
        {
            if (_nothing is not null)
                return;
            _nothing = Sys.Open(null, "/dev/null", Sys.O_RDWR);
            _numbers = [.. Enumerable.Range(0, Count).Select(_ => _nothing.Duplicate(First))];
        }
    }

    /// <summary>Takes all of them, until the loan is disposed; null where none are set aside, or not as many.</summary>
    internal static Loan? TryTake(int needed)
    {
        if (_numbers.Length < needed || needed == 0)
            return null;
        Turn.Enter();
        return new Loan();
    }

    /// <summary>The numbers, for one child. While it shares the table nothing below <see cref="End"/> may be put back.</summary>
    internal sealed class Loan : IDisposable
    {
        private int _used;

        /// <summary>All that was placed is below.</summary>
        internal int End => _numbers[.._used].Max(number => number.Number) + 1;

        /// <summary>A copy at one of the numbers, closed at exec.</summary>
        /// <exception cref="SyscallException">It cannot be made.</exception>
        internal int Place(Descriptor source)
        {
            int number = _numbers[_used].Number;
            Sys.CopyTo(source, number);
            _used++;
            return number;
        }

        public void Dispose()
        {
            for (int i = 0; i < _used; i++)
                Sys.CopyTo(_nothing!, _numbers[i].Number);
            Turn.Exit();
        }
    }
}
