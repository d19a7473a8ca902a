using Isolation.Linux;

namespace Isolation.Probes;

/// <summary>A8.</summary>
internal static class A8
{
    private const int KEYCTL_DESCRIBE = 6, KEYCTL_SEARCH = 10, KEYCTL_READ = 11;

    public static readonly Probe Probe = new("A8", "find and read the pilot's and the victim's keys in kernel keyrings", Run);

    private static void Run(Attack attack)
    {
        using NativeBuffer type = new("user"), into = new(256);
        foreach (string role in new[] { "pilot", "victim" })
        {
            using NativeBuffer name = new($"separation-{attack.Target.Run}-{role}");
            foreach ((string ring, int number) in new[] { ("thread", -1), ("process", -2), ("session", -3), ("user", -4), ("user session", -5), ("group", -6) })
            {
                nint found = KernelCall.Invoke(Nr.keyctl, KEYCTL_SEARCH, number, type.Address, name.Address);
                attack.Refused($"search the {ring} keyring for the {role}'s key", found);
            }

            attack.Refused($"request_key of the {role}'s", KernelCall.Invoke(Nr.request_key, type.Address, name.Address));
            foreach (string ring in new[] { "session", "user", "user-session" })
            {
                int serial = attack.Target.Number($"{role}.key.{ring}");
                if (serial <= 0)
                    continue;
                nint length = KernelCall.Invoke(Nr.keyctl, KEYCTL_READ, serial, into.Address, into.Length);
                if (length < 0)
                    attack.Held($"read the {role}'s key by its number, {ring}", ErrnoName.Of(-length));
                else
                    attack.ShowsNothing($"read the {role}'s key by its number, {ring}", into.Span);
                attack.Refused($"describe the {role}'s key by its number, {ring}", KernelCall.Invoke(Nr.keyctl, KEYCTL_DESCRIBE, serial, into.Address, into.Length));
            }
        }

        string keys = Kernel.Text("/proc/keys");
        if (keys.Contains($"separation-{attack.Target.Run}", StringComparison.Ordinal))
            attack.Broke("list /proc/keys", "names keys of others");
        else
            attack.Held("list /proc/keys", $"{keys.Split('\n').Length - 1} keys, none of others");
    }
}
