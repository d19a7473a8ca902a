namespace Isolation.Wire;

/// <summary>
/// The forms of the messages between warden and cell-init. A cell-init says in its proof which one it speaks, and its warden keeps to that one: a newer warden takes over the
/// cells of an older one. The frames, and the three messages of the proof, are the same in every form, so that one which is not read is still told.
/// <list type="bullet">
/// <item>1: the first; its proof does not say a form</item>
/// <item>2: <see cref="EnterCell.IsDetached"/>. What a cell is asked after its entry is as in 1</item>
/// <item>3: <see cref="OwnRoom.OwnCgroups"/>. What a cell is asked after its entry is as in 1</item>
/// </list>
/// A message that changes makes a new form; what was said of a form before stays true of it.
/// </summary>
public static class ControlVersion
{
    /// <summary>The form that these programs speak. A room is built with a cell-init of this one only.</summary>
    public const int Newest = 3;

    /// <summary>The oldest form whose cells are taken over.</summary>
    public const int Oldest = 1;

    /// <summary>The form of a proof that does not say one.</summary>
    public const int Unsaid = 1;

    /// <summary>True for one that this program reads.</summary>
    public static bool IsRead(int version) => version is >= Oldest and <= Newest;

    /// <summary>Why a cell-init of another form is left alone.</summary>
    public static string WhyNot(int version) => $"its cell-init speaks version {version} of the control messages, and this warden reads {Oldest} to {Newest}: a warden of that release can take it over";
}
