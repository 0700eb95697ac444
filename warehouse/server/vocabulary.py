"""Vocabulary: the only words of SQL that analysts may use; whatever is not here is refused.

Functions are pure: they look at their arguments and at nothing else. Left out on purpose: whatever reads files,
dictionaries, other tables, settings or the machine; whatever takes a function's name as text; encryption; whatever
decodes foreign binary formats or aggregate states; and waiting.
"""

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

MEMBERSHIP: Final = frozenset(
    {"in", "notin", "globalin", "globalnotin", "nullin", "notnullin", "globalnullin", "globalnotnullin"}
)
"""Functions whose second argument may be a table without looking like one, in lower case."""

CASTS: Final = frozenset({"cast", "_cast", "accuratecast", "accuratecastornull", "accuratecastordefault"})
"""Functions whose second argument is a type, in lower case."""

_AGGREGATES: Final = """
    any anyHeavy anyLast any_value first_value last_value argMax argMin avg avgWeighted boundingRatio corr
    corrStable count covarPop covarSamp cramersV deltaSum deltaSumTimestamp entropy exponentialMovingAverage
    groupArray groupArrayInsertAt groupArrayLast groupArrayMovingAvg groupArrayMovingSum groupArraySample
    groupArraySorted groupBitAnd groupBitOr groupBitXor groupConcat groupUniqArray histogram intervalLengthSum
    kurtPop kurtSamp max maxIntersections maxMap median medianExact medianExactHigh medianExactLow medianTDigest min
    minMap quantile quantileExact quantileExactExclusive quantileExactHigh quantileExactInclusive quantileExactLow
    quantileExactWeighted quantileTDigest quantileTiming quantiles quantilesExact quantilesExactExclusive
    quantilesExactInclusive quantilesTDigest quantilesTiming rankCorr retention sequenceCount sequenceMatch
    simpleLinearRegression singleValueOrNull skewPop skewSamp sparkbar stddevPop stddevSamp studentTTest sum
    sumCount sumKahan sumMap sumWithOverflow topK topKWeighted uniq uniqCombined uniqExact uniqHLL12 uniqUpTo varPop
    varSamp welchTTest windowFunnel countDistinct stddev array_agg group_concat string_agg cume_dist dense_rank
    denseRank lag lagInFrame lead leadInFrame nth_value ntile percent_rank percentRank rank row_number
"""

_COMBINATORS: Final = (
    *("If", "Array", "Map", "ForEach", "Distinct", "OrDefault", "OrNull", "Resample", "ArgMin", "ArgMax"),
    *("State", "Merge", "SimpleState"),
)

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
    current_timestamp dateDiff date_diff dateName dateTrunc date_trunc day dayOfMonth dayOfWeek dayOfYear
    formatDateTime date_format fromUnixTimestamp from_unixtime fromUnixTimestamp64Micro fromUnixTimestamp64Milli
    fromUnixTimestamp64Nano hour last_day makeDate makeDate32 makeDateTime makeDateTime64 minute month monthName now
    now64 nowInBlock quarter second subDate subtractDays subtractHours subtractInterval subtractMicroseconds
    subtractMilliseconds subtractMinutes subtractMonths subtractQuarters subtractSeconds subtractWeeks subtractYears
    timeDiff timeSlot timeSlots timestamp_diff timezoneOf timezoneOffset toDayOfMonth toDayOfWeek toDayOfYear
    toDaysInMonth toHour toISOWeek toISOYear toLastDayOfMonth toLastDayOfWeek toMicrosecond toMillisecond toMinute
    toMonday toMonth toMonthNumSinceEpoch toQuarter toRelativeDayNum toRelativeHourNum toRelativeMinuteNum
    toRelativeMonthNum toRelativeWeekNum toRelativeYearNum toSecond toStartOfDay toStartOfFifteenMinutes
    toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfMinute toStartOfMonth toStartOfQuarter
    toStartOfSecond toStartOfTenMinutes toStartOfWeek toStartOfYear toTimezone toUnixTimestamp
    toUnixTimestamp64Micro toUnixTimestamp64Milli toUnixTimestamp64Second toWeek toYYYYMM toYYYYMMDD
    toYYYYMMDDhhmmss toYear toYearWeek today week year yearweek yesterday toInterval toIntervalDay toIntervalHour
    toIntervalMicrosecond toIntervalMillisecond toIntervalMinute toIntervalMonth toIntervalQuarter toIntervalSecond
    toIntervalWeek toIntervalYear

    appendTrailingCharIfAbsent ascii base64Decode base64Encode basename caseFoldUTF8 char_length character_length
    concat concatWithSeparator concat_ws countMatches countSubstrings countSubstringsCaseInsensitive
    decodeURLComponent editDistance editDistanceUTF8 empty encodeURLComponent endsWith endsWithUTF8 extract
    extractAll extractAllGroups extractAllGroupsVertical extractGroups format hasToken hasTokenCaseInsensitive hex
    ilike initcap initcapUTF8 instr isValidUTF8 jaroWinklerSimilarity lcase left leftPad leftPadUTF8 leftUTF8 length
    lengthUTF8 like locate lower lowerUTF8 lpad ltrim match mid multiSearchAny multiSearchAnyCaseInsensitive
    multiSearchFirstIndex multiSearchAnyCaseInsensitiveUTF8 multiSearchAnyUTF8 ngramDistance
    ngramDistanceCaseInsensitiveUTF8 ngramDistanceUTF8 ngramSearch notEmpty notILike notLike notMatch octet_length
    position positionCaseInsensitive positionCaseInsensitiveUTF8 positionUTF8 printf regexpExtract regexpQuoteMeta
    removeDiacriticsUTF8 removeAccentsUTF8 repeat replace replaceAll replaceOne replaceRegexpAll replaceRegexpOne
    reverse reverseUTF8 right rightPad rightPadUTF8 rightUTF8 rpad rtrim space splitByChar splitByNonAlpha
    splitByRegexp splitByString splitByWhitespace startsWith startsWithUTF8 substr substring substringIndex
    substringUTF8 toValidUTF8 tokens translate translateUTF8 trim trimBoth trimLeft trimRight ucase unhex upper
    upperUTF8 arrayStringConcat alphaTokens normalizeUTF8NFC normalizeUTF8NFD normalizeUTF8NFKC normalizeUTF8NFKD
    stringJaccardIndex stringJaccardIndexUTF8 domain domainWithoutWWW path protocol queryString topLevelDomain

    array arrayAll arrayAvg arrayCompact arrayConcat arrayCount arrayCumSum arrayCumSumNonNegative arrayDifference
    arrayDistinct arrayElement arrayElementOrNull arrayEnumerate arrayEnumerateDense arrayEnumerateUniq arrayExists
    arrayFill arrayFilter arrayFirst arrayFirstIndex arrayFirstOrNull arrayFlatten arrayFold arrayIntersect
    arrayJaccardIndex arrayJoin arrayLast arrayLastIndex arrayLastOrNull arrayMap arrayMax arrayMin arrayPopBack
    arrayPopFront arrayProduct arrayPushBack arrayPushFront arrayResize arrayReverse arrayReverseFill
    arrayReverseSort arrayReverseSplit arraySlice arraySort arraySplit arraySum arraySymmetricDifference arrayUnion
    arrayUniq arrayWithConstant arrayZip countEqual emptyArrayDate emptyArrayDateTime emptyArrayFloat64
    emptyArrayInt64 emptyArrayString emptyArrayUInt64 flatten has hasAll hasAny hasSubstr indexOf lambda range
    unnest map mapAdd mapAll mapApply mapConcat mapContains mapContainsKey mapExists mapFilter mapFromArrays mapKeys
    mapSort mapSubtract mapUpdate mapValues tuple tupleConcat tupleElement tupleHammingDistance tupleMinus
    tupleNames tuplePlus untuple JSONAllPaths JSONArrayLength JSONExtract JSONExtractArrayRaw JSONExtractBool
    JSONExtractFloat JSONExtractInt JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesRaw
    JSONExtractRaw JSONExtractString JSONExtractUInt JSONHas JSONKey JSONLength JSONType JSON_EXISTS JSON_QUERY
    JSON_VALUE isValidJSON prettyPrintJSON simpleJSONExtractBool simpleJSONExtractFloat simpleJSONExtractInt
    simpleJSONExtractRaw simpleJSONExtractString simpleJSONExtractUInt simpleJSONHas toJSONString
    visitParamExtractBool visitParamExtractFloat visitParamExtractInt visitParamExtractRaw visitParamExtractString
    visitParamExtractUInt visitParamHas

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
    parseDateTime64BestEffortOrZero parseDateTimeBestEffort
    parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero parseDateTimeOrNull

    CRC32 MD5 SHA1 SHA256 cityHash64 farmHash64 halfMD5 intHash32 intHash64 murmurHash3_64 sipHash64 xxHash32
    xxHash64 bar formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta
    geoDistance greatCircleDistance geohashEncode pointInPolygon grouping identity materialize rowNumberInAllBlocks
    rowNumberInBlock runningDifference throwIf transform rand rand64 randCanonical randUniform generateUUIDv4 hop
    hopEnd hopStart tumble tumbleEnd tumbleStart version
"""

_KNOWN: Final = frozenset(f"{_ORDINARY} {_AGGREGATES}".split())
_KNOWN_IN_ANY_CASE: Final = frozenset(name.lower() for name in _KNOWN)
_AGGREGATE_NAMES: Final = frozenset(_AGGREGATES.split())
_MOST_COMBINATORS = 3


def is_allowed(function: str) -> bool:
    """Whether analysts may call the function: one of the list, in any case, or an aggregate with combinators."""
    return function in _KNOWN or function.lower() in _KNOWN_IN_ANY_CASE or _is_combined(function, _MOST_COMBINATORS)


def known() -> frozenset[str]:
    """Every function by the name it is declared with here."""
    return _KNOWN


def _is_combined(name: str, most: int) -> bool:
    for combinator in _COMBINATORS:
        aggregate = name.removesuffix(combinator)
        if aggregate != name and (aggregate in _AGGREGATE_NAMES or (most > 1 and _is_combined(aggregate, most - 1))):
            return True
    return False
