namespace Weir.Tests.Policies;

/// <summary>Every bad document there is, with its name and its report to the letter.</summary>
internal static class BadDocuments
{
    public static readonly (string Name, string Text, string Report)[] All =
    [
        .. BadSyntax.All, .. BadTexts.All, .. BadValues.All, .. BadStructure.All, .. BadPlaces.All,
        .. BadRates.All, .. BadBursts.All, .. BadQuotas.All, .. BadMatching.All,
    ];
}
