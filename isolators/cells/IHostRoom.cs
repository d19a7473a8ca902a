using Isolation.Core;

namespace Isolation.Cells;

/// <summary>A room as its warden keeps it while nobody has entered.</summary>
public interface IHostRoom : IRoom
{
    /// <summary>Its resident waits. False once that has gone: nobody can enter the room any more.</summary>
    bool IsWaiting { get; }
}
