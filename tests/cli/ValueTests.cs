using System.Text;

namespace Isolation.Cli.Tests;

/// <summary>Durations, sizes, numbers and signal names mean what people mean by them, and anything doubtful is refused.</summary>
public sealed class ValueTests
{
    [Theory]
    [InlineData("10m", 600_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("2d", 172_800_000)]
    [InlineData("90s", 90_000)]
    [InlineData("1s500ms", 1_500)]
    [InlineData("250ms", 250)]
    public void Durations_are_read(string text, long milliseconds)
    {
        Assert.True(DurationText.TryParse(Encoding.UTF8.GetBytes(text), out long value));
        Assert.Equal(milliseconds, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("10")]
    [InlineData("m")]
    [InlineData("0s")]
    [InlineData("-1s")]
    [InlineData("+1s")]
    [InlineData("1.5h")]
    [InlineData("30m1h")]
    [InlineData("1m1m")]
    [InlineData("1 m")]
    [InlineData("10001d")]
    [InlineData("99999999999999999999s")]
    public void What_is_no_duration_is_refused(string text) => Assert.False(DurationText.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData(5_400_000, "1h30m")]
    [InlineData(1_500, "1s500ms")]
    [InlineData(0, "0s")]
    public void Durations_are_written_as_they_are_read(long milliseconds, string text) => Assert.Equal(text, DurationText.Of(milliseconds));

    [Theory]
    [InlineData("4GiB", 4L << 30)]
    [InlineData("512", 512)]
    [InlineData("1kB", 1000)]
    [InlineData("3TB", 3_000_000_000_000)]
    [InlineData("0", 0)]
    [InlineData("0GiB", 0)]
    public void Sizes_are_read(string text, long bytes)
    {
        Assert.True(SizeText.TryParse(Encoding.UTF8.GetBytes(text), out long value));
        Assert.Equal(bytes, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("4G")]
    [InlineData("-1")]
    [InlineData("GiB")]
    [InlineData("9999999999GiB")]
    public void What_is_no_size_is_refused(string text) => Assert.False(SizeText.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("2", 2000)]
    [InlineData("1.5", 1500)]
    [InlineData("0.25", 250)]
    [InlineData("0.001", 1)]
    [InlineData("01.500", 1500)]
    [InlineData("8192", 8_192_000)]
    public void Cpus_are_read_as_thousandths(string text, long thousandths)
    {
        Assert.True(CpusText.TryParse(Encoding.UTF8.GetBytes(text), out long value));
        Assert.Equal(thousandths, value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("0.000")]
    [InlineData(".5")]
    [InlineData("1.")]
    [InlineData("1,5")]
    [InlineData("1.0005")]
    [InlineData("1.5.5")]
    [InlineData("-1")]
    [InlineData("1.-5")]
    [InlineData("1e3")]
    [InlineData("2 ")]
    [InlineData("500m")]
    [InlineData("9223372036854775807")]
    [InlineData("99999999999999999999")]
    public void What_is_no_number_of_CPUs_is_refused(string text) => Assert.False(CpusText.TryParse(Encoding.UTF8.GetBytes(text), out _));

    [Theory]
    [InlineData("15", 15)]
    [InlineData("TERM", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigusr1", 10)]
    [InlineData("WINCH", 28)]
    [InlineData("SYS", 31)]
    [InlineData("RTMIN", 34)]
    [InlineData("RTMIN+2", 36)]
    [InlineData("SIGRTMAX-1", 63)]
    [InlineData("64", 64)]
    [InlineData("0", 0)]
    [InlineData("65", 0)]
    [InlineData("-9", 0)]
    [InlineData("SIG", 0)]
    [InlineData("RTMIN+31", 0)]
    [InlineData("", 0)]
    public void Signals_have_numbers_and_names(string text, int number) => Assert.Equal(number, SignalNames.Parse(text));

    [Fact]
    public void Words_of_others_cannot_move_the_cursor() => Assert.Equal("a\\x1b[2J\\u202eb\\x0aü€", Printable.Of("a\u001b[2J\u202eb\nü€"));

    [Fact]
    public void Columns_are_as_wide_as_their_widest_cell()
    {
        Columns table = new("ID", "STATE");
        table.Add("long-one", "x");
        table.Add("s", null);
        Assert.Equal("ID        STATE\nlong-one  x\ns         -\n", table.Text());
    }
}
