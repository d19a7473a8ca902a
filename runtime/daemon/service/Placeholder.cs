namespace Isolation.Daemon;
internal static class Placeholder { public static void Main() {} }
