namespace Isolation.Linux;

/// <summary>
/// The filter of every payload whose account is a host's: an allow-list (<see cref="PayloadCalls"/>). What the table does not know is
/// answered ENOSYS, as by the kernels before it.
/// </summary>
public static class PayloadFilter
{
    private static readonly Lazy<SeccompFilter> Plain = new(() => Build(nestedContainers: false));
    private static readonly Lazy<SeccompFilter> Nesting = new(() => Build(nestedContainers: true));

    /// <summary>The filter.</summary>
    /// <param name="nestedContainers">Whether the payload may make namespaces and mount in them.</param>
    public static SeccompFilter For(bool nestedContainers) => (nestedContainers ? Nesting : Plain).Value;

    private static SeccompFilter Build(bool nestedContainers)
        => SeccompAssembler.Assemble(
            PayloadCalls.All.SelectMany(g => g.Calls.Select(c => (c.Number, g.Rule.Where(nestedContainers)))), CallRule.NotThere);
}
