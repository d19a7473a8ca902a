namespace Isolation.Linux;

/// <summary>What of lending a directory failed, as the helper reports it.</summary>
public enum LendingStep
{
    /// <summary>Nothing: the directory comes with the report.</summary>
    None = 0,

    /// <summary>Placing and closing descriptors.</summary>
    Descriptors = 1,

    /// <summary>No path came, or none that could be one.</summary>
    Path = 2,

    /// <summary>Somebody else than the client sent it.</summary>
    Sender = 3,

    /// <summary>The path is under none of the roots; nothing was looked at.</summary>
    Roots = 4,

    /// <summary>Entering the client's mount namespace and root directory.</summary>
    Namespace = 5,

    /// <summary>Taking the client's ids.</summary>
    Ids = 6,

    /// <summary>Opening the root or the directory with the client's rights.</summary>
    Open = 7,

    /// <summary>Looking at it.</summary>
    Status = 8,

    /// <summary>Copying its mount.</summary>
    Tree = 9,
}
