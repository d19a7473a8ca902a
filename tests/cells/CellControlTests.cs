using Isolation.Wire;

namespace Isolation.Cells.Tests;

/// <summary>Only who knows the secret is heard; whatever a cell-init says or leaves unsaid, every question is answered or fails.</summary>
public sealed class CellControlTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);
    private readonly FakeCellInit _cell = new();

    // One thread reads for all cells: what somebody does when a connection is over must not run there.
    [Fact]
    public async Task Whoever_waits_for_its_end_goes_on_elsewhere_than_where_it_is_read()
    {
        await using CellControl control = await _cell.ConnectAsync();
        Assert.True(control.Closed.CreationOptions.HasFlag(TaskCreationOptions.RunContinuationsAsynchronously));
        await control.DisposeAsync();
        Assert.True(control.Closed.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Who_knows_the_secret_is_asked_and_heard()
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])> first = control.AskAsync(ControlKind.Signal, w => w.I32(1)), second = control.AskAsync(ControlKind.Signal, w => w.I32(2));
        Task<(ControlKind, byte[])> start = control.AskAsync(ControlKind.Start);
        Assert.Equal([ControlKind.Signal, ControlKind.Signal, ControlKind.Start], [_cell.Read().Kind, _cell.Read().Kind, _cell.Read().Kind]);
        _cell.Send(ControlKind.NotStarted, w => w.I32(3).I32(4));
        _cell.Send(ControlKind.Signalled, w => w.Flag(true));
        _cell.Send(ControlKind.Signalled, w => w.Flag(false));
        Assert.Equal(ControlKind.NotStarted, (await start.WaitAsync(Soon)).Item1);
        Assert.Equal([1], (await first.WaitAsync(Soon)).Item2);
        Assert.Equal([0], (await second.WaitAsync(Soon)).Item2);
        Assert.False(control.Ending.IsCompleted);
    }

    public static TheoryData<string, int?> Versions => new() { { "", 1 }, { "01000000", 1 }, { "02000000", 2 }, { "03000000", 3 }, { "04000000", null }, { "00000000", null }, { "ffffff7f", null }, { "0900000001020304", null } };

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task The_proof_says_the_form_of_the_messages_and_one_that_is_not_read_is_told_nothing(string said, int? version)
    {
        Task<CellControl> connecting = CellControl.ConnectAsync(_cell.Path, FakeCellInit.Secret, Soon);
        await Task.Run(() => _cell.Prove(FakeCellInit.Secret, w =>
        {
            foreach (byte one in Convert.FromHexString(said))
                w.U8(one);
        }));
        if (version is null)
        {
            Assert.Contains("of that release", (await Assert.ThrowsAsync<OtherControlVersionException>(() => connecting)).Message, StringComparison.Ordinal);
            Assert.Throws<EndOfStreamException>(() => _cell.Read());
            return;
        }

        await using CellControl control = await connecting;
        Assert.Equal(version, control.Version);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public async Task A_new_cell_init_of_another_form_means_that_the_program_was_replaced(uint version)
    {
        Task<CellControl> connecting = CellControl.ConnectToNewAsync(_cell.Path, FakeCellInit.Secret, Soon);
        await Task.Run(() => _cell.Prove(FakeCellInit.Secret, w => w.U32(version)));
        Assert.Contains("start the warden again", (await Assert.ThrowsAsync<IOException>(() => connecting)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_secret_is_refused()
    {
        IOException refused = await Assert.ThrowsAsync<IOException>(() => _cell.ConnectAsync(new byte[CellProof.SecretSize]));
        Assert.Contains("secret", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 1, 0, 1, 0, 2 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 2 })]
    [InlineData(new byte[] { 1, 0, 0, 0, 99 })]
    [InlineData(new byte[] { 9, 0, 0, 0, 2, 255, 255, 255, 255, 0, 0, 0, 0 })]
    public async Task Garbage_instead_of_a_proof_is_refused(byte[] garbage)
    {
        Task<CellControl> connecting = CellControl.ConnectAsync(_cell.Path, FakeCellInit.Secret, Soon);
        _cell.Accept();
        _cell.SendRaw(garbage);
        await Assert.ThrowsAsync<IOException>(() => connecting);
    }

    [Fact]
    public async Task Silence_ends_at_the_deadline()
    {
        IOException late = await Assert.ThrowsAsync<IOException>(() => CellControl.ConnectAsync(_cell.Path, FakeCellInit.Secret, TimeSpan.FromMilliseconds(100)));
        Assert.Contains("did not prove", late.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nobody_there_is_told() => await Assert.ThrowsAnyAsync<IOException>(() => CellControl.ConnectAsync("/no/such/socket", FakeCellInit.Secret, Soon));

    [Theory]
    [InlineData(ControlKind.Entered)]
    [InlineData(ControlKind.Resolved)]
    [InlineData(ControlKind.Digested)]
    [InlineData(ControlKind.Started)]
    [InlineData(ControlKind.NotStarted)]
    [InlineData(ControlKind.Signalled)]
    [InlineData(ControlKind.Enter)]
    [InlineData((ControlKind)200)]
    public async Task An_answer_that_nobody_asked_breaks_the_connection(ControlKind kind)
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])> asked = control.AskAsync(kind == ControlKind.Signalled ? ControlKind.Start : ControlKind.Signal);
        _cell.Send(kind, w => w.I32(1));
        await Assert.ThrowsAsync<IOException>(() => asked.WaitAsync(Soon));
        Assert.Null(await control.Ending.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_second_answer_to_one_question_breaks_the_connection()
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])> asked = control.AskAsync(ControlKind.Start);
        _cell.Send(ControlKind.Started, w => w.I32(1));
        _cell.Send(ControlKind.Started, w => w.I32(2));
        _ = await asked.WaitAsync(Soon);
        await control.Closed.WaitAsync(Soon);
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 0 })]
    [InlineData(new byte[] { 1, 0, 1, 0 })]
    [InlineData(new byte[] { 255, 255, 255, 255 })]
    [InlineData(new byte[] { 3, 0, 0, 0, 21, 77, 77 })] // an ending that is none
    public async Task A_frame_out_of_bounds_breaks_the_connection_and_fails_what_waits(byte[] frame)
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])> asked = control.AskAsync(ControlKind.Resolve);
        _cell.SendRaw(frame);
        await Assert.ThrowsAsync<IOException>(() => asked.WaitAsync(Soon));
        Assert.Null(await control.Ending.WaitAsync(Soon));
    }

    [Theory]
    [InlineData(ControlKind.Enter)]
    [InlineData(ControlKind.Resolve)]
    [InlineData(ControlKind.Digest)]
    [InlineData(ControlKind.Start)]
    [InlineData(ControlKind.Signal)]
    public async Task A_connection_lost_in_any_state_fails_what_waits_and_what_is_asked_later(ControlKind question)
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])>[] asked = [.. Enumerable.Range(0, 10).Select(_ => control.AskAsync(question))];
        _cell.HangUp();
        foreach (Task<(ControlKind, byte[])> waiting in asked)
            await Assert.ThrowsAsync<IOException>(() => waiting.WaitAsync(Soon));
        await control.Closed.WaitAsync(Soon);
        await Assert.ThrowsAsync<IOException>(() => control.AskAsync(question).WaitAsync(Soon));
        control.Tell(ControlKind.Kill);
        Assert.Null(await control.Ending.WaitAsync(Soon));
    }

    [Fact]
    public async Task A_thousand_questions_to_a_cell_init_that_is_slow_break_nothing()
    {
        await using CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])>[] asked = [.. Enumerable.Range(0, 1000).Select(i => control.AskAsync(ControlKind.Signal, w => w.I32(i)))];
        await Task.Run(() =>
        {
            for (int i = 0; i < asked.Length; i++)
            {
                Assert.Equal(ControlKind.Signal, _cell.Read().Kind);
                _cell.Send(ControlKind.Signalled, w => w.Flag(true));
            }
        }).WaitAsync(Soon);
        Assert.All(await Task.WhenAll(asked).WaitAsync(Soon), answer => Assert.Equal(ControlKind.Signalled, answer.Item1));
    }

    [Fact]
    public async Task Half_a_frame_and_then_nothing_is_a_lost_connection()
    {
        await using CellControl control = await _cell.ConnectAsync();
        _cell.SendRaw([100, 0, 0, 0, 21, 1]);
        _cell.HangUp();
        Assert.Null(await control.Ending.WaitAsync(Soon));
    }

    [Fact]
    public async Task An_ending_is_heard_unasked_in_pieces_and_once()
    {
        await using CellControl control = await _cell.ConnectAsync();
        ObservedEnding ending = new(EndedHow.Exited, 3, EndingCause.None, true, "", ObservedUsage.None);
        MessageWriter body = new();
        ending.Write(body.U8((byte)ControlKind.Ended));
        byte[] frame = [(byte)body.Written.Length, 0, 0, 0, .. body.Written.Span];
        foreach (byte piece in frame)
            _cell.SendRaw([piece]);
        Assert.Equal(ending, await control.Ending.WaitAsync(Soon));
        _cell.Send(ControlKind.Ended, w => (ending with { Value = 4 }).Write(w)); // said again, as to a new warden
        _cell.HangUp();
        await control.Closed.WaitAsync(Soon);
        Assert.Equal(ending, await control.Ending);
    }

    [Fact]
    public async Task Closing_it_twice_and_asking_afterwards_harms_nothing()
    {
        CellControl control = await _cell.ConnectAsync();
        Task<(ControlKind, byte[])> waiting = control.AskAsync(ControlKind.Start);
        await control.DisposeAsync();
        await control.DisposeAsync();
        control.Tell(ControlKind.Kill);
        await Assert.ThrowsAsync<IOException>(() => waiting.WaitAsync(Soon));
        await Assert.ThrowsAsync<IOException>(() => control.AskAsync(ControlKind.Start).WaitAsync(Soon));
    }

    public void Dispose() => _cell.Dispose();
}
