"""Allowlist: the only words of SQL that analysts may use; whatever is not here is refused.

Functions are pure: they look at their arguments and at nothing else. Left out on purpose: whatever reads files,
dictionaries, other tables, settings or the machine; whatever takes a function's name as text; encryption; whatever
decodes foreign binary formats or aggregate states; and waiting.
"""

import re
from typing import Final

_NODES: Final = """
    SelectWithUnionQuery SelectIntersectExceptQuery SelectQuery Subquery WithElement ExpressionList
    Function Identifier Literal Asterisk QualifiedAsterisk ColumnsRegexpMatcher ColumnsListMatcher
    QualifiedColumnsRegexpMatcher QualifiedColumnsListMatcher ColumnsTransformerList ColumnsExceptTransformer
    ColumnsReplaceTransformer ColumnsReplaceTransformer::Replacement
    TablesInSelectQuery TablesInSelectQueryElement TableExpression TableIdentifier TableJoin ArrayJoin
    OrderByElement InterpolateElement WindowListElement WindowDefinition
"""
NODES: Final = frozenset(_NODES.split())
"""Kinds of node in the engine's syntax tree."""

TABLE_FUNCTIONS: Final = frozenset({"numbers"})
"""Functions that stand for a table."""

NO_CLAUSES: Final = frozenset({"SETTINGS", "OUTFILE", "INFILE", "RECURSIVE", "APPLY", "EXPLAIN", "PARALLEL", "SAMPLE"})
"""Words of clauses that are refused, and so are no names either, unless in quotes."""

_TYPES: Final = """
    Array Bool Date Date32 DateTime DateTime64 Decimal Decimal32 Decimal64 Decimal128 Enum Enum8 Enum16 FixedString
    Float32 Float64 Int8 Int16 Int32 Int64 Int128 IntervalDay IntervalHour IntervalMinute IntervalMonth IntervalQuarter
    IntervalSecond IntervalWeek IntervalYear LowCardinality Map Nothing Nullable String Tuple UInt8 UInt16 UInt32
    UInt64 UInt128 UUID
"""
TYPES: Final = frozenset(_TYPES.split())
"""Families of types; none of states, of what is of any type, or of what is drawn."""
_LONGEST_FIXED = 1000
_TYPE_PART = re.compile(
    r"\\'(?:[^'\\]|\\\\.)*\\'|(?P<field>[a-z_]\w*)(?= +[A-Z])|(?P<word>[A-Za-z_]\w*)|(?P<number>\d+)|[(), =-]"
)

MEMBERSHIP: Final = frozenset(
    {"in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin"}
)
"""Functions whose second argument may be a table without looking like one, in lower case."""

CASTS: Final = frozenset({"cast", "_cast", "accuratecast", "accuratecastornull", "accuratecastordefault"})
"""Functions whose second argument is a type, in lower case."""

JSON_CAST: Final = "jsonextract"
"""The function whose last argument is a type, in lower case."""

TYPED: Final = CASTS | {JSON_CAST}
"""Functions that are given a type."""

_AGGREGATES: Final = """
    any anyHeavy anyLast any_value first_value last_value argMax argMin avg avgWeighted boundingRatio corr
    corrStable count covarPop covarSamp cramersV deltaSum deltaSumTimestamp entropy exponentialMovingAverage
    groupArray groupArrayLast groupArrayMovingAvg groupArrayMovingSum groupArraySample groupArraySorted groupBitAnd
    groupBitOr groupBitXor groupConcat groupUniqArray histogram kurtPop kurtSamp max maxMap median medianExact
    medianExactHigh medianExactLow medianTDigest min minMap quantile quantileExact quantileExactExclusive
    quantileExactHigh quantileExactInclusive quantileExactLow quantileExactWeighted quantileTDigest quantileTiming
    quantiles quantilesExact quantilesExactExclusive quantilesExactInclusive quantilesTDigest quantilesTiming
    retention simpleLinearRegression singleValueOrNull skewPop skewSamp stddevPop stddevSamp studentTTest sum
    sumCount sumKahan sumMap sumWithOverflow topK topKWeighted uniq uniqCombined uniqExact uniqHLL12 uniqUpTo varPop
    varSamp welchTTest windowFunnel countDistinct stddev array_agg group_concat string_agg cume_dist dense_rank
    denseRank lag lagInFrame lead leadInFrame nth_value ntile percent_rank percentRank rank row_number
"""

COMBINATORS: Final = (
    *("If", "Array", "Map", "ForEach", "Distinct", "OrDefault", "OrNull", "ArgMin", "ArgMax"),
    *("State", "Merge", "SimpleState"),
)
"""Endings by which an aggregate function becomes another one."""

_ORDINARY: Final = """
    abs divide divideOrNull gcd ifNotFinite intDiv intDivOrNull intDivOrZero isFinite isInfinite isNaN lcm max2 min2
    minus mod modulo moduloOrNull moduloOrZero multiply negate plus pmod positiveModulo sqr acos acosh asin asinh
    atan atan2 atanh cbrt cos cosh degrees e exp exp10 exp2 factorial hypot ln log log10 log1p log2 pi pow power
    radians sigmoid sign sin sinh sqrt tan tanh widthBucket ceil ceiling floor round roundBankers roundDown
    roundToExp2 trunc truncate bitAnd bitCount bitNot bitOr bitShiftLeft bitShiftRight bitTest bitXor equals
    notEquals greater greaterOrEquals less lessOrEquals isDistinctFrom isNotDistinctFrom in notIn globalIn
    globalNotIn nullIn notNullIn globalNullIn globalNotNullIn exists and or not xor if multiIf caseWithExpression
    clamp greatest least assumeNotNull coalesce firstNonDefault ifNull isNotNull isNull isZeroOrNull nullIf
    toNullable

    addDate addDays addHours addInterval addMicroseconds addMilliseconds addMinutes addMonths addQuarters addSeconds
    addWeeks addYears age changeDay changeHour changeMinute changeMonth changeSecond changeYear curdate current_date
    current_timestamp dateDiff date_diff timestampDiff dateName dateTrunc date_trunc day dayOfMonth dayOfWeek dayOfYear
    formatDateTime date_format fromUnixTimestamp from_unixtime fromUnixTimestamp64Micro fromUnixTimestamp64Milli
    fromUnixTimestamp64Nano hour last_day makeDate makeDate32 makeDateTime makeDateTime64 minute month monthName now
    now64 nowInBlock quarter second subDate subtractDays subtractHours subtractInterval subtractMicroseconds
    subtractMilliseconds subtractMinutes subtractMonths subtractQuarters subtractSeconds subtractWeeks subtractYears
    timeDiff timeSlot timestamp_diff timezoneOf timezoneOffset toDayOfMonth toDayOfWeek toDayOfYear toDaysInMonth
    toHour toISOWeek toISOYear toLastDayOfMonth toLastDayOfWeek toMicrosecond toMillisecond toMinute toMonday
    toMonth toMonthNumSinceEpoch toQuarter toRelativeDayNum toRelativeHourNum toRelativeMinuteNum toRelativeMonthNum
    toRelativeWeekNum toRelativeYearNum toSecond toStartOfDay toStartOfFifteenMinutes toStartOfFiveMinutes
    toStartOfHour toStartOfInterval toStartOfMinute toStartOfMonth toStartOfQuarter toStartOfSecond
    toStartOfTenMinutes toStartOfWeek toStartOfYear toTimezone toUnixTimestamp toUnixTimestamp64Micro
    toUnixTimestamp64Milli toUnixTimestamp64Second toWeek toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss toYear toYearWeek
    today week year yearweek yesterday toInterval toIntervalDay toIntervalHour toIntervalMicrosecond
    toIntervalMillisecond toIntervalMinute toIntervalMonth toIntervalQuarter toIntervalSecond toIntervalWeek
    toIntervalYear

    appendTrailingCharIfAbsent ascii base64Decode base64Encode basename caseFoldUTF8 char_length character_length
    concat concatWithSeparator concat_ws countMatches countSubstrings countSubstringsCaseInsensitive
    decodeURLComponent empty encodeURLComponent endsWith endsWithUTF8 extract extractAll extractGroups format
    hasToken hasTokenCaseInsensitive hex ilike initcap initcapUTF8 instr isValidUTF8 lcase left leftPad leftPadUTF8
    leftUTF8 length lengthUTF8 like locate lower lowerUTF8 lpad ltrim match mid multiSearchAny
    multiSearchAnyCaseInsensitive multiSearchFirstIndex multiSearchAnyCaseInsensitiveUTF8 multiSearchAnyUTF8
    notEmpty notILike notLike notMatch octet_length position positionCaseInsensitive positionCaseInsensitiveUTF8
    positionUTF8 regexpExtract regexpQuoteMeta removeDiacriticsUTF8 removeAccentsUTF8 repeat replace replaceAll
    replaceOne replaceRegexpAll replaceRegexpOne reverse reverseUTF8 right rightPad rightPadUTF8 rightUTF8 rpad
    rtrim space splitByChar splitByNonAlpha splitByRegexp splitByString splitByWhitespace startsWith startsWithUTF8
    substr substring substringIndex substringUTF8 toValidUTF8 tokens translate translateUTF8 trim trimBoth trimLeft
    trimRight ucase unhex upper upperUTF8 arrayStringConcat alphaTokens normalizeUTF8NFC normalizeUTF8NFD
    normalizeUTF8NFKC normalizeUTF8NFKD domain domainWithoutWWW path protocol queryString topLevelDomain

    array arrayAll arrayAvg arrayCompact arrayConcat arrayCount arrayCumSum arrayCumSumNonNegative arrayDifference
    arrayDistinct arrayElement arrayElementOrNull arrayEnumerate arrayEnumerateDense arrayEnumerateUniq arrayExists
    arrayFill arrayFilter arrayFirst arrayFirstIndex arrayFirstOrNull arrayFlatten arrayIntersect arrayJaccardIndex
    arrayJoin arrayLast arrayLastIndex arrayLastOrNull arrayMap arrayMax arrayMin arrayPopBack arrayPopFront
    arrayProduct arrayPushBack arrayPushFront arrayResize arrayReverse arrayReverseFill arrayReverseSort
    arrayReverseSplit arraySlice arraySort arraySplit arraySum arraySymmetricDifference arrayUnion arrayUniq
    arrayWithConstant arrayZip countEqual emptyArrayDate emptyArrayDateTime emptyArrayFloat64 emptyArrayInt64
    emptyArrayString emptyArrayUInt64 flatten has hasAll hasAny indexOf lambda range unnest map mapAdd mapAll
    mapApply mapConcat mapContains mapContainsKey mapExists mapFilter mapFromArrays mapKeys mapSort mapSubtract
    mapUpdate mapValues tuple tupleConcat tupleElement tupleHammingDistance tupleMinus tupleNames tuplePlus untuple
    JSONAllPaths JSONArrayLength JSONExtract JSONExtractArrayRaw JSONExtractBool JSONExtractFloat JSONExtractInt
    JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw JSONExtractRaw JSONExtractString
    JSONExtractUInt JSONHas JSONKey JSONLength JSONType JSON_EXISTS JSON_QUERY JSON_VALUE isValidJSON
    prettyPrintJSON simpleJSONExtractBool simpleJSONExtractFloat simpleJSONExtractInt simpleJSONExtractRaw
    simpleJSONExtractString simpleJSONExtractUInt simpleJSONHas toJSONString visitParamExtractBool
    visitParamExtractFloat visitParamExtractInt visitParamExtractRaw visitParamExtractString visitParamExtractUInt
    visitParamHas

    CAST _CAST accurateCast accurateCastOrNull accurateCastOrDefault date timestamp toBool toDate toDate32
    toDate32OrNull toDate32OrZero toDateOrDefault toDateOrNull toDateOrZero toDateTime toDateTime64
    toDateTime64OrNull toDateTime64OrZero toDateTimeOrDefault toDateTimeOrNull toDateTimeOrZero toDecimal128
    toDecimal128OrNull toDecimal128OrZero toDecimal32 toDecimal32OrNull toDecimal32OrZero toDecimal64
    toDecimal64OrNull toDecimal64OrZero toDecimalString toFixedString toFloat32 toFloat32OrNull toFloat32OrZero
    toFloat64 toFloat64OrNull toFloat64OrZero toInt128 toInt16 toInt16OrNull toInt16OrZero toInt32 toInt32OrNull
    toInt32OrZero toInt64 toInt64OrNull toInt64OrZero toInt8 toInt8OrNull toInt8OrZero toLowCardinality toString
    toTime toTypeName toUInt128 toUInt16 toUInt16OrNull toUInt16OrZero toUInt32 toUInt32OrNull toUInt32OrZero
    toUInt64 toUInt64OrNull toUInt64OrZero toUInt8 toUInt8OrNull toUInt8OrZero toUUID toUUIDOrNull toUUIDOrZero
    parseDateTime parseDateTime64 parseDateTime64BestEffort parseDateTime64BestEffortOrNull
    parseDateTime64BestEffortOrZero parseDateTimeBestEffort parseDateTimeBestEffortOrNull
    parseDateTimeBestEffortOrZero parseDateTimeOrNull

    CRC32 MD5 SHA1 SHA256 cityHash64 farmHash64 halfMD5 intHash32 intHash64 murmurHash3_64 sipHash64 xxHash32
    xxHash64 bar formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta
    geoDistance greatCircleDistance geohashEncode pointInPolygon grouping identity materialize rowNumberInAllBlocks
    rowNumberInBlock runningDifference transform rand rand64 randCanonical randUniform generateUUIDv4 version
"""

_KNOWN: Final = frozenset(f"{_ORDINARY} {_AGGREGATES}".split())
_KNOWN_IN_ANY_CASE: Final = frozenset(name.lower() for name in _KNOWN)
_AGGREGATE_NAMES: Final = frozenset(_AGGREGATES.split())
_MOST_COMBINATORS = 3


def is_allowed(function: str) -> bool:
    """Whether analysts may call the function: one of the list, in any case, or an aggregate with combinators."""
    return function in _KNOWN or function.lower() in _KNOWN_IN_ANY_CASE or _is_combined(function, _MOST_COMBINATORS)


def known_functions() -> frozenset[str]:
    """Every function by the name it is declared with here."""
    return _KNOWN


def _is_combined(name: str, most: int) -> bool:
    for combinator in COMBINATORS:
        aggregate = name.removesuffix(combinator)
        if aggregate != name and (aggregate in _AGGREGATE_NAMES or (most > 1 and _is_combined(aggregate, most - 1))):
            return True
    return False


_BY_THE_ENGINE: Final = frozenset({"_CAST", "__getScalar"})
"""Functions that the engine itself puts in while it resolves names."""
_RESPECTING_NULLS: Final = "_respect_nulls"


def is_allowed_as_resolved(function: str) -> bool:
    """Whether a function may be what the engine makes of an allowed one."""
    return function in _BY_THE_ENGINE or is_allowed(function.removesuffix(_RESPECTING_NULLS))


def is_allowed_type(literal: str) -> bool:
    """Whether a string literal of the syntax tree is a type that analysts may name, to any depth."""
    text, position = literal[1:-1], 0
    while position < len(text):
        part = _TYPE_PART.match(text, position)
        if not part:
            return False
        if part["word"] and part["word"] not in TYPES:
            return False
        position = part.end()
    return all(int(length) <= _LONGEST_FIXED for length in re.findall(r"FixedString\(\s*(\d+)", text))
