namespace Isolation.Linux;

/// <summary>
/// The filter of every payload whose account is a host's: an allow-list (<see cref="PayloadCalls"/>). What the table does not know is
/// answered ENOSYS, as by the kernels before it.
/// </summary>
public static class PayloadFilter
{
    private static SeccompFilter? s_plain;
    private static SeccompFilter? s_nesting;
    private static SeccompFilter? s_unpacking;

    /// <summary>The filter; assembled at its first use.</summary>
    /// <param name="nestedContainers">Whether the payload may make namespaces and mount in them.</param>
    public static SeccompFilter For(bool nestedContainers)
        => nestedContainers ? s_nesting ??= Build(nestedContainers: true) : s_plain ??= Build(nestedContainers: false);

    /// <summary>The same for programs that unpack what others have packed, set-id files among it, where nobody can run it as somebody.</summary>
    public static SeccompFilter ForUnpacking => s_unpacking ??= Build(nestedContainers: false, setIdModes: true);

    private static SeccompFilter Build(bool nestedContainers, bool setIdModes = false)
    {
        var rules = new CallRule?[PayloadCalls.Newest + 1];
        foreach (CallGroup group in PayloadCalls.All)
        {
            CallRule rule = setIdModes && FileModeCalls.Groups.Contains(group) ? CallRule.Allowed : group.Rule.Where(nestedContainers);
            foreach ((int number, _) in group.Calls)
                rules[number] = rule;
        }

        return SeccompAssembler.Assemble(rules, CallRule.NotThere);
    }
}
