namespace Isolation.Linux.Tests;

/// <summary>Promise: only the collector's own memory is kept from children.</summary>
public sealed class UnsharedHeapTests
{
    private const string Maps = """
        7f0000000000-7f0000061000 rw-p 00000000 00:00 0 
        7f0000061000-7f0000400000 ---p 00000000 00:00 0 
        7f0000400000-7f0000801000 rw-p 00000000 00:00 0 
        7f0000801000-7f0000c00000 ---p 00000000 00:00 0 
        7f0000c00000-7f0100000000 ---p 00000000 00:00 0 
        7f0100000000-7f0100800000 rw-p 00000000 00:00 0 
        7f0100801000-7f0100900000 r--p 00000000 fe:00 331651                     /usr/lib/x86_64-linux-gnu/libc.so.6
        7ffefe36c000-7ffefe38d000 rw-p 00000000 00:00 0                          [stack]
        """;

    [Fact]
    public void From_the_object_to_the_end_of_what_was_reserved_with_it()
        => Assert.Equal((0x7f0000400000, 0x7f0100000000 - 0x7f0000400000), UnsharedHeap.Reservation(Maps, 0x7f0000400010));

    [Theory]
    [InlineData(0x7f0100000010)] // a thread's stack, say: no reserve follows
    [InlineData(0x7f0100801010)] // a file
    [InlineData(0x7ffefe36c010)]
    [InlineData(0x10)]
    public void Nothing_that_is_no_heap(long address) => Assert.Null(UnsharedHeap.Reservation(Maps, address));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense\n-\n 1-2\n")]
    public void Nothing_in_a_text_of_another_kind(string maps) => Assert.Null(UnsharedHeap.Reservation(maps, 0x7f0000400010));
}
