using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace Isolation.Policy.Tests;

/// <summary>Promise: whatever bytes a policy file holds, reading it ends with a policy or with faults, never with an exception.</summary>
public sealed class AnyBytesTests
{
    private static readonly byte[] Whole = File.ReadAllBytes("design-section-7.yaml");
    private static readonly string[] Pieces =
        [": ", "- ", "\n", "\n  ", "{", "}", "[", "]", ",", "'", "\"", "|", ">", "&a ", "*a", "!!x ", "? ", "%YAML 9.9", "---", "...", "#", "\\x00", "\\ud800", "é", "\ud83d\ude00", "<<", "version", "rules", "0", "-", "~", "\t"];

    [Fact]
    public void Random_bytes() => Hold(ArbMap.Default.ArbFor<byte[]>());

    [Fact]
    public void Random_pieces_of_YAML()
        => Hold(Gen.Elements(Pieces).ListOf().Select(list => Encoding.UTF8.GetBytes(string.Concat(list))).ToArbitrary());

    [Fact]
    public void A_good_file_with_a_few_bytes_changed()
        => Hold((from changes in (from at in Gen.Choose(0, Whole.Length - 1) from value in Gen.Choose(0, 255) select (at, value)).ListOf(3)
                 select Changed(changes.ToArray())).ToArbitrary());

    [Fact]
    public void A_good_file_with_a_piece_put_in()
        => Hold((from at in Gen.Choose(0, Whole.Length) from piece in Gen.Elements(Pieces)
                 select (byte[])[.. Whole[..at], .. Encoding.UTF8.GetBytes(piece), .. Whole[at..]]).ToArbitrary());

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    [InlineData("? ")]
    [InlineData("a: {}\n")]
    [InlineData("[],")]
    [InlineData("'\n")]
    [InlineData("#")]
    [InlineData("a ")]
    public void A_mebibyte_of_one_thing_is_refused_in_time(string piece)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        byte[] file = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(piece, DocumentText.MostBytes / piece.Length)));
        Assert.IsType<PolicyCheck.Refused>(PolicyFile.Check(file, Files.CleanHost));
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
    }

    [Theory]
    [InlineData("lend: [", "/d{0},", "]")]
    [InlineData("rules: [", "{{name: r{0},match: {{}}}},", "]")]
    [InlineData("pilots: [", "{{name: r{0},account: .a{0}}},", "]")]
    [InlineData("accounts: {", "a{0}: {{range: {0}-{0},per: payload}},", "}")]
    [InlineData("x: 1\n", "acounts{0}: 1\n", "")]
    public void A_mebibyte_of_different_things_is_refused_in_time(string begin, string piece, string end)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        StringBuilder text = new(begin);
        for (int i = 0; text.Length < DocumentText.MostBytes - 100; i++)
            text.AppendFormat(System.Globalization.CultureInfo.InvariantCulture, piece, i);
        Assert.IsType<PolicyCheck.Refused>(Files.Check(text.Append(end).ToString()));
        Assert.True(System.Diagnostics.Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20));
    }

    private static byte[] Changed((int At, int Value)[] changes)
    {
        byte[] file = [.. Whole];
        foreach ((int at, int value) in changes)
            file[at] = (byte)value;
        return file;
    }

    private static void Hold(Arbitrary<byte[]> files) => Prop.ForAll(files, file => PolicyFile.Check(file, Files.CleanHost) switch
    {
        PolicyCheck.Refused refused => !refused.Faults.IsEmpty && refused.Faults.All(f => f is { Line: > 0, Column: > 0, What.Length: > 0, Fix.Length: > 0 }),
        PolicyCheck.Accepted accepted => accepted.Snapshot.Rules.Length > 0,
        _ => false,
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(2000));
}
