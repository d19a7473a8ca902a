using System.Collections.Immutable;
using Isolation.Core;

namespace Isolation.Policy;

/// <summary>What the private rooms of level setuid are like: <c>levels: { setuid: … }</c>.</summary>
/// <param name="Writable">Places of the host's that stay writable, where the payload account may write.</param>
/// <param name="Hidden">Places of the host's that look empty.</param>
/// <param name="Devices">Nodes of /dev that are shown beside the usual ones.</param>
/// <param name="TemporaryBytes">The size of /tmp, and of /var/tmp.</param>
/// <param name="SharedMemoryBytes">The size of /dev/shm.</param>
/// <param name="WithoutNetwork">A network of its own, with a loopback device only; else its pilot's.</param>
/// <param name="NestedContainers">The payload may make user namespaces, and mount in them.</param>
public sealed record PrivateRoom(
    ImmutableArray<string> Writable, ImmutableArray<string> Hidden, ImmutableArray<string> Devices, long TemporaryBytes, long SharedMemoryBytes, bool WithoutNetwork, bool NestedContainers)
{
    internal const long DefaultTemporaryBytes = 4L << 30;
    internal const long DefaultSharedMemoryBytes = 4L << 30;
}

/// <summary>Places of the host that are shown to payloads.</summary>
/// <param name="Lend">Roots under which a pilot may lend a directory of its own.</param>
/// <param name="LendCredentials">It may lend one that is or holds its HOME or a credential, where it says that it means to.</param>
/// <param name="Binds">Places that are seen in every room, read-only.</param>
/// <param name="Images">The images that containers may show, where a rule says nothing.</param>
/// <param name="ImageCache">How much those of them that are unpacked first may take.</param>
public sealed record Places(ImmutableArray<string> Lend, bool LendCredentials, ImmutableArray<string> Binds, ImmutableArray<ImagePattern> Images, ImageCache ImageCache);

/// <summary>How much unpacked images may take: <c>images: { cache: … }</c>.</summary>
/// <param name="Bytes">All of them together.</param>
/// <param name="UnusedSeconds">How long one that nobody asks for stays.</param>
/// <param name="ImageBytes">One of them, with what unpacking it needs beside it.</param>
/// <param name="ImageFiles">The same, in files and directories.</param>
/// <param name="StepSeconds">How long each step of unpacking one may take.</param>
public sealed record ImageCache(long Bytes, long UnusedSeconds, long ImageBytes, long ImageFiles, long StepSeconds)
{
    internal const long DefaultBytes = 50L << 30, DefaultUnusedDays = 30, DefaultImageBytes = 20L << 30, DefaultImageFiles = 1_000_000, DefaultStepMinutes = 30, MostFiles = 100_000_000;
}
