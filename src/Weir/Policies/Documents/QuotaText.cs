using System.Diagnostics.CodeAnalysis;

namespace Weir;

/// <summary>Numbers of a limit as written: of one kind, such as rate or window. Unset numbers are null.</summary>
internal sealed record QuotaText
{
    private const string Kinds = "a limit is one of rate, window, concurrency and unlimited";
    private static readonly string[] Kind = [DocumentKeys.Rate, DocumentKeys.Window, DocumentKeys.Concurrency, DocumentKeys.Unlimited];
    private static readonly string[] YesOrNo = ["false", "true"];

    public Rate? Rate { get; init; }

    public Burst? Burst { get; init; }

    public bool IsWindow { get; init; }

    public bool IsConcurrency { get; init; }

    /// <summary>Tokens of a window, or permits of a concurrency limit.</summary>
    public long? Limit { get; init; }

    /// <summary>Length of a window, without its start.</summary>
    public WindowPeriod? Every { get; init; }

    public WindowStart? From { get; init; }

    public TimeOnly? At { get; init; }

    public string? Zone { get; init; }

    public TimeSpan? Lease { get; init; }

    public bool? Unlimited { get; init; }

    public bool IsEmpty => Rate is null && !IsWindow && !IsConcurrency && Unlimited != true;

    public static DocumentField? FieldOf(KnownFields fields) => fields.First(Kind) ?? fields[DocumentKeys.Burst];

    public static QuotaText Read(DocumentWalk walk, KnownFields fields, ref bool broken)
    {
        var kind = fields.First(Kind);
        foreach (string other in Kind)
        {
            if (kind is { } first && other != first.Name && fields[other] is { } second)
                Refuse(walk, second, $"{Kinds}, and this one has {first.Name}: keep one, and give the other a name of its own", ref broken);
        }

        if (fields[DocumentKeys.Burst] is { } burst && kind is { } only && only.Name != DocumentKeys.Rate)
            Refuse(walk, burst, $"a burst belongs to a rate, and this limit has {only.Name}: leave it out", ref broken);
        var text = new QuotaText
        {
            Rate = walk.Parsed<Rate>(fields[DocumentKeys.Rate], "tokens per period, such as 5/s, 100/m or 20/10s", Weir.Rate.TryParse, ref broken),
            Burst = walk.Parsed<Burst>(fields[DocumentKeys.Burst], "a multiple of the rate's tokens, such as 2x, or a whole number of tokens", Weir.Burst.TryParse, ref broken),
            Unlimited = walk.Word(fields[DocumentKeys.Unlimited], "true or false", YesOrNo, ref broken) is { } word ? word == 1 : null,
        };
        if (fields[DocumentKeys.Window] is { } window)
            return ReadWindow(walk, window, text, ref broken);
        return fields[DocumentKeys.Concurrency] is { } concurrency ? ReadConcurrency(walk, concurrency, text, ref broken) : text;
    }

    // True if the numbers set a rate or a burst. A burst without a rate overrides only the burst of another layer.
    private bool IsBucket => Rate is not null || Burst is not null;

    // Merges these numbers over a plan's numbers. The same kind inherits unset numbers; another kind replaces all.
    public QuotaText Over(QuotaText plan)
    {
        bool sameKind = IsEmpty || (IsBucket && plan.IsBucket) || (IsWindow && plan.IsWindow) || (IsConcurrency && plan.IsConcurrency);
        return !sameKind || Unlimited == true ? this : new QuotaText
        {
            Rate = Rate ?? plan.Rate,
            Burst = Burst ?? plan.Burst,
            IsWindow = IsWindow || plan.IsWindow,
            IsConcurrency = IsConcurrency || plan.IsConcurrency,
            Limit = Limit ?? plan.Limit,
            Every = Every ?? plan.Every,
            Zone = Zone ?? plan.Zone,
            From = From ?? (Suits(plan.From, null) ? plan.From : null),
            At = At ?? (Suits(null, plan.At) ? plan.At : null),
            Lease = Lease ?? plan.Lease,
            Unlimited = Unlimited ?? plan.Unlimited,
        };
    }

    // True if windows of this length can begin at the plan's start. Otherwise the override does not inherit the start.
    private bool Suits(WindowStart? from, TimeOnly? at) => Every is null || PeriodOf(Every.Value, from, at).ComplaintOfStart() is null;

    private static WindowPeriod PeriodOf(WindowPeriod every, WindowStart? from, TimeOnly? at) =>
        every with { At = at ?? default, FromDay = from?.Day, FromDate = from?.Date };

    public bool TryCompile([NotNullWhen(true)] out Quota? quota, [NotNullWhen(false)] out string? error)
    {
        bool made;
        if (Rate is { } rate)
        {
            made = TryCompile(rate, out var bucket, out error);
            quota = bucket;
        }
        else if (Burst is not null)
        {
            // Only a burst over another layer's window or concurrency comes here. Read reports both within one limit.
            (quota, error, made) = (null, $"a burst belongs to a rate, and the plan's limit has {(IsWindow ? DocumentKeys.Window : DocumentKeys.Concurrency)}: leave it out", false);
        }
        else if (Limit is not { } limit)
        {
            (quota, error, made) = (null, IsWindow ? "limit is missing: write the tokens of a window" : "limit is missing: write the number of permits", false);
        }
        else if (IsConcurrency)
        {
            made = ConcurrencyQuota.TryCreate(limit, Lease ?? ConcurrencyQuota.DefaultLease, out var permits, out error);
            quota = permits;
        }
        else if (Every is not { } every)
        {
            (quota, error, made) = (null, $"every is missing: write {WindowText.Units}", false);
        }
        else
        {
            made = WindowQuota.TryCreate(limit, PeriodOf(every, From, At), Zone ?? "UTC", out var window, out error);
            quota = window;
        }

        return made;
    }

    private bool TryCompile(Rate rate, [NotNullWhen(true)] out TokenQuota? quota, [NotNullWhen(false)] out string? error)
    {
        if (rate.Tokens > 0)
            return TokenQuota.TryCreate(rate.Tokens, rate.Period, (Burst ?? Weir.Burst.Default).CapacityFor(rate), out quota, out error);
        quota = Burst is { Tokens: > 0 } ? null : TokenQuota.None;
        error = quota is null ? "a rate of 0 never fills a burst: leave the burst out to ban, or write a rate" : null;
        return quota is not null;
    }

    private static QuotaText ReadWindow(DocumentWalk walk, in DocumentField window, QuotaText text, ref bool broken)
    {
        var fields = walk.Keyed(window.Value, window.Place, DocumentKeys.OfWindow);
        broken |= IsOfAnotherKind(window) || IsMisspelt(fields, DocumentKeys.Limit) || IsMisspelt(fields, DocumentKeys.Every);
        return text with
        {
            IsWindow = true,
            Limit = walk.Number(fields[DocumentKeys.Limit], "the tokens of a window", 0, Quota.ExactLimit - 1, ref broken),
            Every = walk.Parsed<WindowPeriod>(
                fields[DocumentKeys.Every], $"the length of a window: {WindowText.Units}", WindowText.TryParseEvery, ref broken),
            From = walk.Parsed<WindowStart>(
                fields[DocumentKeys.From], $"a day of the week or a date, {WindowText.SomeStarts}", WindowText.TryParseFrom, ref broken),
            At = walk.Parsed<TimeOnly>(
                fields[DocumentKeys.At], "a time of day, such as \"06:00\"", WindowText.TryParseAt, ref broken),
            Zone = ReadZone(walk, fields[DocumentKeys.Zone], ref broken),
        };
    }

    private static QuotaText ReadConcurrency(DocumentWalk walk, in DocumentField concurrency, QuotaText text, ref bool broken)
    {
        var fields = walk.Keyed(concurrency.Value, concurrency.Place, DocumentKeys.OfConcurrency);
        broken |= IsOfAnotherKind(concurrency) || IsMisspelt(fields, DocumentKeys.Limit);
        return text with
        {
            IsConcurrency = true,
            Limit = walk.Number(fields[DocumentKeys.Limit], "the number of permits", 0, ConcurrencyQuota.MaxPermits, ref broken),
            Lease = walk.Parsed<TimeSpan>(fields[DocumentKeys.Lease], "how long a permit is held at most, such as 60s", Weir.Rate.TryParsePeriod, ref broken),
        };
    }

    private static bool IsOfAnotherKind(in DocumentField field) => field.Value is not DocumentMapping && !field.Value.IsEmpty;

    /// <summary>True if the key is missing because it is misspelled, which has already been reported.</summary>
    private static bool IsMisspelt(KnownFields fields, string name) => fields[name] is null && !fields.IsPlainlyMissing(name);

    private static string? ReadZone(DocumentWalk walk, DocumentField? field, ref bool broken)
    {
        string? zone = null;
        walk.Parsed<bool>(
            field,
            "a time zone, such as UTC or Europe/Berlin",
            (string text, out bool known, out string? error) =>
            {
                zone = text;
                return known = WindowCalendar.TryCreate(WindowUnit.Day, text, out _, out error);
            },
            ref broken);
        return zone;
    }

    private static void Refuse(DocumentWalk walk, in DocumentField field, string message, ref bool broken)
    {
        walk.Errors.Add(field.Place, message);
        broken = true;
    }
}
