using System.Globalization;
using System.Runtime.InteropServices;

namespace Isolation.Linux;

/// <summary>The words for an error number, as strerror(3) has them.</summary>
public static class ErrnoText
{
    /// <summary>The words, or the bare number where the C library knows none.</summary>
    public static string Of(int errno)
    {
        string text = Marshal.GetPInvokeErrorMessage(errno);
        return string.IsNullOrEmpty(text) ? errno.ToString(CultureInfo.InvariantCulture) : text;
    }
}
