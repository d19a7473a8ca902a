using System.Buffers.Binary;

namespace Isolation.Wire.Tests;

/// <summary>Promise: every binary message reads back as it was written; one that is cut, too long or made up is refused, never half believed.</summary>
public sealed class BinaryMessageTests
{
    private static readonly FileIdentity File = new(1L << 33, -2, 3, long.MaxValue, true, false);
    private static readonly Guid Cell = Guid.Parse("0189d1a2-b3c4-7def-8abc-0123456789ab");
    private static readonly Guid Payload = Guid.Parse("0189d1a2-b3c4-7def-8abc-ffffffffffff");

    private static readonly (byte[] Bytes, Func<byte[], byte[]> ReadAndWrite)[] All =
    [
        Sample(w => new BuildRoom(Cell, 1, "classic", 2_000_003, "/images/el9", "/images/*").Write(w), b => BuildRoom.Read(new MessageReader(b)).Write),
        Sample(w => new EnterRoom(Cell, 2_000_000, 2_000_001, RoomLimits.None with { WallMilliseconds = 60_000 }, new PlaceDemand(1, 14, 0, 0), true, true).Write(w), b => EnterRoom.Read(new MessageReader(b)).Write),
        Sample(w => new StockedRooms([new StockedKind(1, "private", 4, 12, 1, 90_000)]).Write(w), b => StockedRooms.Read(new MessageReader(b)).Write),
        Sample(w => new ProbedLevel(["classic", "private"], "", "").Write(w), b => ProbedLevel.Read(new MessageReader(b)).Write),
        Sample(w => new ProbedLevel([], "no cgroup2", "mount it").Write(w), b => ProbedLevel.Read(new MessageReader(b)).Write),
        Sample(w => new EnterAnswer.Entered(3, 9, 4, 256, "no job", "/isolation/cell-é", "/tmp/scratch", 1, 2, "5f").Write(w), b => EnterAnswer.Read(new MessageReader(b)).Write),
        Sample(w => new EnterAnswer.NoImage("/el9: no such directory", "Name another.").Write(w), b => EnterAnswer.Read(new MessageReader(b)).Write),
        Sample(w => new EnterAnswer.NotPlaced(1, "beside: none", "Ask less.").Write(w), b => EnterAnswer.Read(new MessageReader(b)).Write),
        Sample(w => new SurveyPlaces(RoomLimits.None with { MemoryBytes = 1 }, true).Write(w), b => SurveyPlaces.Read(new MessageReader(b)).Write),
        Sample(
            w => new SurveyedPlaces([new SurveyedPlace(1, 0, 0, 0, "no job", "", false), new SurveyedPlace(3, 15, 8, 256, "", "echo +memory", true)]).Write(w),
            b => SurveyedPlaces.Read(new MessageReader(b)).Write),
        Sample(w => new ResolvedInRoom(Resolution(), new byte[32], "").Write(w), b => ResolvedInRoom.Read(new MessageReader(b)).Write),
        Sample(w => new ResolvedInRoom(Resolution(), [], "not regular").Write(w), b => ResolvedInRoom.Read(new MessageReader(b)).Write),
        Sample(w => new StartedInRoom(0, "setresuid", 11).Write(w), b => StartedInRoom.Read(new MessageReader(b)).Write),
        Sample(w => new ToldEnding(Cell, EndedHow.NeverStarted, 2).Write(w), b => ToldEnding.Read(new MessageReader(b)).Write),
        Sample(w => new DestroyedCell(Findings()).Write(w), b => DestroyedCell.Read(new MessageReader(b)).Write),
        Sample(
            w => new ListedRooms([new ListedRoom(Cell, RoomState.Running), new ListedRoom(Payload, RoomState.Ended)]) { Total = 7 }.Write(w),
            b => ListedRooms.Read(new MessageReader(b)).Write),
        Sample(w => Resolution().Write(w), b => w => CellResolution.Read(new MessageReader(b)).Write(w)),
        Sample(w => Enter().Write(w), b => w => EnterCell.Read(new MessageReader(b)).Write(w)),
        Sample(
            w => new ObservedEnding(EndedHow.Signaled, 9, EndingCause.ClientGone, false, "2 left", new ObservedUsage([new ObservedFigure(3, 1), new ObservedFigure(6, -1)])).Write(w),
            b => w => ObservedEnding.Read(new MessageReader(b)).Write(w)),
        Sample(
            w => new ObservedEnding(EndedHow.Signaled, 9, EndingCause.None, true, "", ObservedUsage.None)
            {
                Observer = EndingObserver.Kernel,
                OutOfMemory = new ObservedOutOfMemory(2, 1, OutOfMemoryVictim.Others, "hog (pid 7)"),
            }.Write(w),
            b => w => ObservedEnding.Read(new MessageReader(b)).Write(w)),
    ];

    public static TheoryData<int> Samples => [.. Enumerable.Range(0, All.Length)];

    [Theory]
    [MemberData(nameof(Samples))]
    public void WhatIsWrittenIsReadBack(int sample) => Assert.Equal(All[sample].Bytes, All[sample].ReadAndWrite(All[sample].Bytes));

    [Theory]
    [MemberData(nameof(Samples))]
    public void EveryTruncationAndEveryByteTooManyIsRefused(int sample)
    {
        (byte[] bytes, Func<byte[], byte[]> read) = All[sample];
        for (int length = 0; length < bytes.Length; length++)
            Assert.Throws<WireException>(() => read(bytes[..length]));
        Assert.Throws<WireException>(() => read([.. bytes, 0]));
    }

    [Theory]
    [MemberData(nameof(Samples))]
    public void BytesOfAStrangerAreReadOrRefusedAndNothingElse(int sample)
    {
        var random = new Random(sample);
        (byte[] bytes, Func<byte[], byte[]> read) = All[sample];
        for (int i = 0; i < 5_000; i++)
        {
            try
            {
                _ = read(Mutation.Of(bytes, random));
            }
            catch (WireException)
            {
                // refused, as it should be
            }
        }
    }

    [Fact]
    public void ACountAboveItsBoundIsRefusedBeforeAnythingIsAllocated()
    {
        byte[] huge = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(huge, 0x7fffffff);
        Assert.Throws<WireException>(() => new MessageReader(huge).Bytes(1 << 20));
        Assert.Throws<WireException>(() => new MessageReader(huge).Bytes(int.MaxValue));
        Assert.Throws<WireException>(() => new MessageReader([0xff, 0xff, 0xff, 0xff]).Count(int.MaxValue));
        Assert.Throws<WireException>(() => ListedRooms.Read(new MessageReader([1, 0, 0, 0, 0xe9, 3, 0, 0])));
        Assert.Throws<WireException>(() => ProbedLevel.Read(new MessageReader([17, 0, 0, 0])));
    }

    [Fact]
    public void EveryBoundOfEnterCellHolds()
    {
        Refused(Enter() with { Groups = new uint[EnterCell.MaxGroups + 1] });
        Refused(Enter() with { ResourceLimits = new ResourceLimit[17] });
        Refused(Enter() with { RoomEnvironment = [.. Enumerable.Repeat("A=1", 65)] });
        Refused(Enter() with { TaskFiles = EnterCell.MaxTaskFiles + 1 });
        Refused(Enter() with { TaskFiles = -1 });
        Refused(Enter() with { Schedule = Enter().Schedule with { Cpus = new byte[PilotSchedule.MaxCpus + 1] } });
        Refused(Enter() with { Scratch = new string('/', 4097) });
        Assert.Equal(EnterCell.FixedDescriptors + 2 + 8 + 2, Enter().Descriptors);

        static void Refused(EnterCell enter)
        {
            byte[] bytes = enter.Write(new MessageWriter()).Written.ToArray();
            Assert.Throws<WireException>(() => EnterCell.Read(new MessageReader(bytes)));
        }
    }

    [Fact]
    public void AValueThatNoEnumerationHasIsRefused()
    {
        byte[] resolution = Resolution().Write(new MessageWriter()).Written.ToArray();
        resolution[0] = 99;
        Assert.Throws<WireException>(() => CellResolution.Read(new MessageReader(resolution)));
        byte[] finding = [5, 0, 0, 0, 0];
        Assert.Throws<WireException>(() => DestroyedCell.Read(new MessageReader(finding)));
        byte[] room = [1, 0, 0, 0, 1, 0, 0, 0, .. Cell.ToByteArray(bigEndian: true), 77];
        Assert.Throws<WireException>(() => ListedRooms.Read(new MessageReader(room)));
        Assert.Throws<WireException>(() => new MessageReader([2]).Flag());
    }

    [Fact]
    public void NumbersAreLittleEndianAndIdsAreInTheOrderOfTheirText()
    {
        byte[] bytes = new MessageWriter().U8(1).Flag(true).U32(0x01020304).I32(-1).I64(0x0102030405060708).Id(Cell).Text("é").Written.ToArray();
        Assert.Equal("0101" + "04030201" + "ffffffff" + "0807060504030201" + "0189d1a2b3c47def8abc0123456789ab" + "02000000c3a9", Convert.ToHexStringLower(bytes));
    }

    [Fact]
    public void EveryStepOfTheStartHasANameOfItsOwn()
    {
        string[] names = [.. Enum.GetValues<StartStep>().Select(s => s.Name())];
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.DoesNotContain("unknown", names);
        Assert.Equal("unknown", ((StartStep)99).Name());
        Assert.Equal(Enumerable.Range(0, names.Length), Enum.GetValues<StartStep>().Select(s => (int)s));
    }

    private static CellResolution Resolution() => new(ResolutionOutcome.Resolved, [0x2f, 0xff], File, 0, 0, "");

    private static EnterCell Enter() => new(
        2_000_000, 2_000_001, [5, 6], 1_000, 30_000, [.. Enumerable.Range(0, 16).Select(i => new ResourceLimit(i, -1))], -17, 0x12,
        new PilotSchedule([3, 0, 0, 0, 0, 0, 0, 0x80], 3, -20, 0x4007), 4711, "/scratch", ["HOME=/scratch"], [1, 3], 8,
        new OwnRoom(["/run/isolation/scratch", "/run/isolation/etc"], [new RoomBind("/run/isolation/etc/passwd", "/etc/passwd")], NestedContainers: true, LeafIsThePilots: true, OwnCgroups: true), true, true);

    private static WireFinding[] Findings() =>
    [
        new(FindingKind.ProvenEmpty, "cgroup"), new(FindingKind.NothingFound, "/proc"), new(FindingKind.Found, "3 files"),
        new(FindingKind.NotProvable, "shared"), new(FindingKind.ProvenEmpty, ""),
    ];

    private static (byte[] Bytes, Func<byte[], byte[]> ReadAndWrite) Sample(Action<MessageWriter> write, Func<byte[], Action<MessageWriter>> read)
    {
        MessageWriter writer = new();
        write(writer);
        return (writer.Written.ToArray(), bytes =>
        {
            MessageWriter again = new();
            read(bytes)(again);
            return again.Written.ToArray();
        });
    }
}
