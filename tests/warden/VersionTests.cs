using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Isolation.Linux;
using Isolation.Wire;

namespace Isolation.Warden.Tests;

/// <summary>
/// Promise: a warden takes over the cells of an older release, and leaves alone, running and told nothing, those whose cell-init speaks what it cannot read; a warden
/// that can takes them over afterwards.
/// </summary>
public sealed class VersionTests
{
    [SkippableTheory]
    [InlineData("ticket")]
    [InlineData("proof")]
    public async Task What_it_cannot_read_is_left_running_until_one_comes_that_can(string told)
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        int payload = await play.RunAsync("trap 'exit 6' USR1; while :; do sleep 0.05; done");
        site.OwnCells.UnionWith(site.CellInits());
        site.KillWarden();
        string room = $"{site.Run}/rooms/{play.Cell:D}";
        JsonNode ticket = JsonNode.Parse(File.ReadAllText(room + "/ticket"))!;
        Assert.Equal(ControlVersion.Newest, (int)ticket["control"]!);
        ticket["control"] = 9;
        if (told == "ticket")
            File.WriteAllText(room + "/ticket", ticket.ToJsonString());
        using (Intermediary? newer = told == "proof" ? new Intermediary(room, proof => [.. proof[..^4], 9, 0, 0, 0, 77]) : null)
        {
            await AnotherAsync(site, play);
            Assert.Contains($"left alone: cell {play.Cell}", site.Log, StringComparison.Ordinal);
            Assert.Contains("version 9", site.Log, StringComparison.Ordinal);
            Assert.Equal("left-alone", (await play.EndingReplyAsync()).Invariant);
            Assert.Equal("left-alone", (await play.DestroyReplyAsync()).Invariant);
            Assert.Equal("cell", (await play.BuildAsync()).Invariant);
            Assert.True(Proc.IsAlive(payload));
            site.KillWarden();
        }

        ticket["control"] = ControlVersion.Newest;
        File.WriteAllText(room + "/ticket", ticket.ToJsonString());
        await AnotherAsync(site, play);
        await EndsAsync(play);
    }

    [SkippableFact]
    public async Task An_older_cell_is_taken_over()
    {
        using Site site = new Site().Start();
        using Pilot pilot = Pilot.Start();
        using Front first = await Front.GreetedAsync(site);
        using Play play = new(first, pilot);
        _ = await play.RunAsync("trap 'exit 6' USR1; while :; do sleep 0.05; done");
        site.OwnCells.UnionWith(site.CellInits());
        site.KillWarden();
        string room = $"{site.Run}/rooms/{play.Cell:D}";
        JsonNode ticket = JsonNode.Parse(File.ReadAllText(room + "/ticket"))!;
        ticket.AsObject().Remove("control");
        File.WriteAllText(room + "/ticket", ticket.ToJsonString());
        using Intermediary older = new(room, proof => proof[..^4]);
        await AnotherAsync(site, play);
        Assert.Contains("1 payloads kept", site.Log, StringComparison.Ordinal);
        await EndsAsync(play);
        Assert.True(older.WasUsed);
    }

    private static async Task EndsAsync(Play play)
    {
        (await play.SignalAsync(10 /* SIGUSR1 */)).Done();
        ObservedEnding seen = await play.EndingAsync();
        Assert.Equal((EndedHow.Exited, 6), (seen.How, seen.Value));
        await play.CleanUpAsync();
    }

    private static async Task AnotherAsync(Site site, Play play)
    {
        _ = site.Start();
        play.Front = await Front.GreetedAsync(site);
    }

    // Takes the control socket's place and passes everything on, but for another proof: so a cell-init of another release looks.
    private sealed class Intermediary : IDisposable
    {
        private readonly string _room;
        private readonly UnixSocket _listener;

        internal Intermediary(string room, Func<byte[], byte[]> proof)
        {
            _room = room;
            File.Move(room + "/control", room + "/behind");
            _listener = UnixSocket.Listen(UnixSocketKind.Stream, room + "/control", 4);
            new Thread(() => Serve(proof)) { IsBackground = true }.Start();
        }

        internal bool WasUsed { get; private set; }

        public void Dispose()
        {
            _listener.Shutdown();
            _listener.Dispose();
            if (File.Exists(_room + "/behind"))
                File.Move(_room + "/behind", _room + "/control", overwrite: true);
        }

        private void Serve(Func<byte[], byte[]> change)
        {
            try
            {
                UnixSocket warden = _listener.Accept(), cell = UnixSocket.Connect(UnixSocketKind.Stream, _room + "/behind");
                new Thread(() => Copy(warden, cell)) { IsBackground = true }.Start();
                byte[] prefix = new byte[ControlFrame.PrefixSize];
                Fill(cell, prefix);
                byte[] proof = new byte[ControlFrame.ReadLength(prefix)];
                Fill(cell, proof);
                proof = change(proof);
                BinaryPrimitives.WriteInt32LittleEndian(prefix, proof.Length);
                Sys.WriteAll(warden, [.. prefix, .. proof]);
                WasUsed = true;
                Copy(cell, warden);
            }
            catch (IOException)
            {
                // The test is over, or the warden has hung up.
            }
        }

        private static void Fill(UnixSocket from, byte[] bytes)
        {
            for (int filled = 0; filled < bytes.Length;)
            {
                int read = Sys.Read(from, bytes.AsSpan(filled));
                filled += read > 0 ? read : throw new IOException("it hung up");
            }
        }

        private static void Copy(UnixSocket from, UnixSocket to)
        {
            try
            {
                byte[] buffer = new byte[4096];
                for (int read = Sys.Read(from, buffer); read > 0; read = Sys.Read(from, buffer))
                    Sys.WriteAll(to, buffer.AsSpan(0, read));
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // as above
            }

            to.Shutdown();
        }
    }
}
