# ruff: noqa: S608
"""Bombs: questions that try to take long, much memory, or much of an answer.

Each is refused by the gate, or ended by a limit of the engine, or answered within both. `open_numbers` stands for a view that is
open to analysts, with the columns `n` (a number), `name` (a short text), `at` (a moment) and `data` (JSON).
"""

_LONG = "x" * 9_000
_PATTERN = "(a|aa)+" * 100 + "b"
_NUMBERS = ", ".join(str(number) for number in range(3_000))
_LEVELS = ", ".join(f"0.{level:04d}" for level in range(1, 2_000))
_SETS = ", ".join(f"(n + {number})" for number in range(300))
_DOUBLED = ", ".join(f"concat(t{step}, t{step}) AS t{step + 1}" for step in range(40))
_DOUBLED_ARRAYS = ", ".join(f"arrayConcat(t{step}, t{step}) AS t{step + 1}" for step in range(40))
_DOUBLED_CALLS = ", ".join(f"cityHash64(t{step}, t{step}) AS t{step + 1}" for step in range(60))
_DOUBLED_SELECTS = ", ".join(
    f"t{step + 1} AS (SELECT count() AS c FROM t{step} AS a, t{step} AS b)" for step in range(12)
)
_SUMS = " + ".join(["n"] * 4_000)
_UNION = " UNION ALL ".join(["SELECT sum(sipHash64(number)) FROM numbers(100000000000)"] * 200)
_SCALARS = ", ".join(
    f"(SELECT count() FROM numbers(10000000000) WHERE sipHash64(number) = {number}) AS c{number}"
    for number in range(50)
)
_JOINED = ", ".join(f"numbers(100000) AS a{number}" for number in range(8))

UNINTERRUPTED = [
    # what costs more than its input is long
    f"SELECT editDistance('{_LONG}', '{_LONG}')",
    "SELECT editDistance(repeat('a', 60000), repeat('b', 60000))",
    "SELECT count() FROM numbers(65536) WHERE editDistance(repeat('a', 1000), toString(number)) = 1",
    "SELECT max(editDistanceUTF8(repeat('ă', 900), concat(toString(number), repeat('b', 900)))) FROM numbers(65536)",
    "SELECT max(levenshteinDistance(repeat('a', 900), toString(number))) FROM numbers(65536)",
    "SELECT max(damerauLevenshteinDistance(repeat('a', 900), concat(repeat('b', 900), toString(number)))) FROM numbers(65536)",
    "SELECT max(jaroSimilarity(repeat('a', 900), concat(repeat('b', 900), toString(number)))) FROM numbers(65536)",
    "SELECT max(jaroWinklerSimilarity(repeat('a', 900), concat(repeat('b', 900), toString(number)))) FROM numbers(65536)",
    "SELECT max(stringJaccardIndex(repeat('ab', 900), concat(repeat('bc', 900), toString(number)))) FROM numbers(65536)",
    "SELECT max(ngramDistance(repeat('abcdefgh', 1000), concat(repeat('bcdefghi', 1000), toString(number)))) FROM numbers(65536)",
    "SELECT max(ngramSearch(repeat('abcdefgh', 1000), concat(repeat('bcdefghi', 1000), toString(number)))) FROM numbers(65536)",
    "SELECT max(ngramDistanceUTF8(concat(repeat('ă', 1000), toString(number)), repeat('â', 1000))) FROM numbers(65536)",
    "SELECT count() FROM numbers(65536) WHERE arrayJaccardIndex(range(1000), arrayMap(x -> x + number, range(1000))) = 1",
    "SELECT arrayFold(a, x -> concat(a, a), range(60), 'ab')",
    "SELECT arrayFold(a, x -> a + arraySum(range(1000)), range(1000), toUInt64(0)) FROM numbers(65536)",
    "SELECT arrayFold(a, x -> arrayConcat(a, a), range(60), [1])",
    "SELECT arrayUnion(range(1000), range(1000)), arrayIntersect(range(1000), arrayMap(x -> x * number, range(1000))) FROM numbers(65536)",
    "SELECT max(hasSubstr(arrayConcat(range(1000), range(1000)), range(toUInt64(number % 1000)))) FROM numbers(65536)",
    "SELECT max(pointInPolygon((number, 1), ["
    + ", ".join(f"({n}, {n * n % 97})" for n in range(900))
    + "])) FROM numbers(65536)",
    "SELECT max(factorial(20)), max(multiIf(number = 1, factorial(number % 20), 0)) FROM numbers(10000000000)",
    # patterns
    f"SELECT match(repeat('a', 100000), '{_PATTERN}')",
    f"SELECT count() FROM numbers(65536) WHERE match(repeat('a', 1000), '{_PATTERN}')",
    "SELECT count() FROM numbers(65536) WHERE match(repeat('a', 1000), concat('(a|aa)+', toString(number)))",
    "SELECT count() FROM numbers(65536) WHERE match('aaaaaaaaaaaaaaaaaaaa', '((((((((((a{1,10}){1,10}){1,10}){1,10}))))))))b')",
    "SELECT extractAll(repeat('a', 1000000), 'a.*b|a')",
    "SELECT length(replaceRegexpAll(repeat('a', 1000000), 'a.*b|a', 'x'))",
    "SELECT countMatches(repeat('a', 1000000), 'a.*b|a')",
    "SELECT length(splitByRegexp('a.*b|a', repeat('a', 1000000)))",
    "SELECT extractAllGroups(repeat('a', 1000000), '(a).*b|(a)')",
    "SELECT extractAllGroupsVertical(repeat('ab', 1000000), '(a)(b)')",
    "SELECT count() FROM numbers(65536) WHERE repeat('a', 1000) LIKE '%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b'",
    f"SELECT count() FROM numbers(65536) WHERE toString(number) ILIKE '{'%a_' * 3_000}'",
    "SELECT count() FROM numbers(65536) WHERE 'aaaaaaaa' LIKE concat('%', toString(number), '%a%a%b')",
    "SELECT count() FROM numbers(65536) WHERE multiSearchAny(repeat('a', 1000), ["
    + ", ".join(f"'a{number}'" for number in range(250))
    + "])",
    "SELECT count() FROM numbers(65536) WHERE multiSearchFirstIndex(repeat('a', 100000), arrayMap(x -> toString(x), range(255)))",
    "SELECT count() FROM numbers(65536) WHERE multiMatchAny(repeat('a', 1000), ['(a|aa)+b', '(a+)+c'])",
    "SELECT count() FROM numbers(65536) WHERE countSubstrings(repeat('a', 1000), repeat('a', 500)) = 1",
    "SELECT count() FROM numbers(65536) WHERE position(repeat('a', 10000), concat(repeat('a', 5000), 'b')) = 1",
    "SELECT count() FROM numbers(65536) WHERE positionCaseInsensitiveUTF8(repeat('ă', 1000), concat(repeat('ă', 500), toString(number))) = 1",
    "SELECT sequenceMatch('(?1).*(?2).*(?1).*(?2).*(?1)')(toDateTime(number), number % 2 = 0, number % 3 = 0) FROM numbers(10000000)",
    "SELECT sequenceCount('"
    + "(?1).*" * 100
    + "(?2)')(toDateTime(number), number % 2 = 0, number % 3 = 0) FROM numbers(10000000)",
    "SELECT windowFunnel(100000000)(toDateTime(number), number % 2 = 0, number % 3 = 0, number % 5 = 0) FROM numbers(100000000)",
    f"SELECT formatDateTime(toDateTime(number), '{'%Y-%m-%d %H:%i:%s ' * 400}') FROM numbers(65536)",
    f"SELECT count() FROM numbers(65536) WHERE parseDateTimeOrNull(toString(number), '{'%Y' * 3000}') = now()",
    f"SELECT count() FROM numbers(65536) WHERE JSON_VALUE(repeat('[', 1000), '$.{'a.' * 2000}a') = ''",
    "SELECT JSON_QUERY(concat(repeat('{\"a\":', 10000), '1', repeat('}', 10000)), '$.a.a.a')",
    "SELECT JSONExtractKeysAndValuesRaw(concat(repeat('{\"a\":', 100000), '1', repeat('}', 100000)))",
    f"SELECT max(substringIndex(repeat('a,', 1000), ',', toInt64(number))), max(replaceAll(repeat('a', 1000), 'a', '{_LONG}')) FROM numbers(65536)",
]
"""What the engine does not interrupt: a function over one block, or a constant while the query is looked at."""

GROWING = [
    # long values
    "SELECT repeat('x', 1000000000)",
    "SELECT repeat(repeat(repeat('x', 1000), 1000), 1000)",
    "SELECT length(repeat('x', number)) FROM numbers(1000000)",
    "SELECT space(1000000000)",
    "SELECT length(leftPad('x', 1000000000))",
    "SELECT length(rightPad('x', number * 1000)) FROM numbers(1000000)",
    "SELECT length(lpad('x', 100000000, 'ab')), length(rpad('x', 100000000, 'ab'))",
    "SELECT length(leftPadUTF8('x', 100000000, 'ă'))",
    "SELECT toFixedString('x', 1000000000)",
    "SELECT toFixedString(toString(number), 1000000) FROM numbers(65536)",
    "SELECT CAST('x', 'FixedString(1000000000)')",
    "SELECT printf('%999999999d', 1)",
    "SELECT printf('%*d', 999999999, 1)",
    "SELECT printf('%.999999999f', 1.5)",
    "SELECT length(format('" + "{0}" * 3000 + f"', '{_LONG}'))",
    f"WITH '{_LONG}' AS t0, {_DOUBLED} SELECT length(t40)",
    f"WITH [1, 2, 3] AS t0, {_DOUBLED_ARRAYS} SELECT length(t40)",
    f"WITH '{_LONG}' AS t SELECT length(replaceAll(replaceAll(t, 'x', t), 'x', t))",
    f"WITH '{_LONG}' AS t SELECT length(replaceRegexpAll(t, '.', t))",
    f"SELECT length(arrayStringConcat(arrayMap(x -> '{_LONG}', range(1000)), '{_LONG}')) FROM numbers(65536)",
    "SELECT length(hex(hex(hex(hex(hex(hex(hex(hex(repeat('x', 1000))))))))))",
    "SELECT length(toJSONString(range(1000))) FROM numbers(1000000)",
    "SELECT toDecimalString(1, 1000000000)",
    "SELECT bar(number, 0, 10, 1000000000) FROM numbers(65536)",
    # many elements
    "SELECT range(1000000000)",
    "SELECT range(0, 4000000000, 1)",
    "SELECT length(range(number)) FROM numbers(10000000)",
    "SELECT sum(length(range(1000000))) FROM numbers(65536)",
    "SELECT arrayWithConstant(1000000000, 'x')",
    "SELECT sum(length(arrayWithConstant(number, 1))) FROM numbers(1000000)",
    "SELECT arrayResize([1], 1000000000)",
    "SELECT sum(length(arrayResize([1], number))) FROM numbers(1000000)",
    "SELECT length(arrayResize(['x'], -1000000000, 'y'))",
    "SELECT timeSlots(now(), toUInt32(4000000000), 1)",
    "SELECT arrayMap(a -> arrayMap(b -> arrayMap(c -> a + b + c, range(1000)), range(1000)), range(1000))",
    "SELECT arrayCount(a -> arrayExists(b -> arrayExists(c -> a = b + c + 3000, range(1000)), range(1000)), range(1000)) FROM numbers(65536)",
    "SELECT sum(arrayCount(a -> sipHash64(a, number) = 1, range(1000))) FROM numbers(100000000)",
    f"SELECT sum(arrayCount(a -> arrayExists(b -> a = b, [{_NUMBERS}]), [{_NUMBERS}])) FROM numbers(65536)",
    f"SELECT count() FROM numbers(65536) WHERE has([{_NUMBERS}], toString(number)::UInt64)",
    "SELECT arrayJoin(range(1000)), arrayJoin(range(1000)), arrayJoin(range(1000))",
    "SELECT count() FROM numbers(100000) ARRAY JOIN range(1000) AS a ARRAY JOIN range(1000) AS b",
    "SELECT sum(arrayJoin(range(1000))) FROM numbers(1000000000)",
    "SELECT n FROM open_numbers ORDER BY n WITH FILL FROM 0 TO 100000000000",
    "SELECT n, name FROM open_numbers ORDER BY n WITH FILL FROM 0 TO 4000000000 STEP 1 INTERPOLATE (name AS concat(name, name))",
    "SELECT mapFromArrays(range(1000), arrayMap(x -> range(x), range(1000))) FROM numbers(65536)",
    "SELECT hop(now(), INTERVAL 1 SECOND, INTERVAL 1000000 DAY), tumble(now(), INTERVAL 1 SECOND) FROM numbers(65536)",
    # states
    "SELECT groupArray(number) FROM numbers(100000000000)",
    "SELECT groupArray(repeat('x', 1000)) FROM numbers(100000000)",
    "SELECT groupUniqArray(toString(number)) FROM numbers(10000000000)",
    "SELECT groupArrayInsertAt(0, 1000000000)(number, 999999999 - number) FROM numbers(10)",
    "SELECT groupArrayInsertAt(number, number * 10000000) FROM numbers(1000)",
    "SELECT groupConcat(toString(number)) FROM numbers(10000000000)",
    "SELECT groupArrayMovingSum(1000000)(number) FROM numbers(100000000)",
    "SELECT groupArraySorted(1000000000)(number) FROM numbers(100000000)",
    "SELECT uniqExact(number) FROM numbers(100000000000)",
    "SELECT quantileExact(number) FROM numbers(100000000000)",
    f"SELECT quantiles({_LEVELS})(number) FROM numbers(100000000)",
    "SELECT topK(65000)(number) FROM numbers(1000000000)",
    "SELECT topK(60000)(number % 100000) FROM numbers(100000000) GROUP BY number % 10000",
    "SELECT histogram(250)(number) FROM numbers(1000000000)",
    "SELECT rankCorr(number, sipHash64(number)) FROM numbers(100000000)",
    "SELECT intervalLengthSum(number, number + 1) FROM numbers(100000000)",
    "SELECT maxIntersections(number, number + 10) FROM numbers(100000000)",
    "SELECT sumResample(0, 1000000, 1)(number, number % 1000000) FROM numbers(1000000) GROUP BY number",
    "SELECT sumMap([number], [1]) FROM numbers(1000000000)",
    "SELECT sumForEach(range(1000)) FROM numbers(1000000000)",
    "SELECT uniqCombined(20)(number) FROM numbers(100000000) GROUP BY number",
    "SELECT uniqUpTo(100)(number) FROM numbers(1000000000) GROUP BY number",
    "SELECT number, sum(number) OVER (ORDER BY number) FROM numbers(10000000000)",
    "SELECT number, quantileExact(number) OVER (ORDER BY number ROWS BETWEEN 1000000 PRECEDING AND CURRENT ROW) FROM numbers(10000000)",
    "SELECT max(number) OVER (ORDER BY number ROWS BETWEEN 100000 PRECEDING AND 100000 FOLLOWING) FROM numbers(10000000)",
    "SELECT sparkbar(1000000000)(number, number) FROM numbers(1000000)",
    "SELECT exponentialMovingAverage(1)(number, number) FROM numbers(10000000000)",
]
"""What grows out of little."""

LASTING = [
    "SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1",
    "SELECT max(SHA256(toString(number))) FROM numbers(1000000000000)",
    f"SELECT count() FROM {_JOINED}",
    "SELECT count() FROM open_numbers AS a, open_numbers AS b, open_numbers AS c, numbers(1000000000000) AS d",
    "SELECT a.number FROM numbers(1000000) AS a CROSS JOIN numbers(1000000) AS b ORDER BY a.number * b.number",
    "SELECT count() FROM numbers(100000000) AS a INNER JOIN numbers(100000000) AS b ON a.number = b.number",
    "SELECT count() FROM numbers(100000) AS a INNER JOIN numbers(100000) AS b ON a.number % 2 = b.number % 2",
    "SELECT count() FROM numbers(1000000) AS a LEFT JOIN numbers(1000000) AS b ON a.number < b.number",
    "SELECT count() FROM numbers(100000000) AS a ASOF JOIN numbers(100000000) AS b ON a.number % 10 = b.number % 10 AND a.number > b.number",
    "SELECT count() FROM numbers(1000000000) WHERE number IN (SELECT number FROM numbers(100000000000))",
    "SELECT number FROM numbers(100000000000) ORDER BY sipHash64(number)",
    "SELECT DISTINCT number FROM numbers(100000000000)",
    "SELECT number, count() FROM numbers(100000000000) GROUP BY number",
    f"SELECT count() FROM numbers(100000000) GROUP BY CUBE({', '.join(f'number % {n}' for n in range(2, 22))})",
    f"SELECT count() FROM open_numbers GROUP BY GROUPING SETS ({_SETS})",
    f"WITH t0 AS (SELECT number FROM numbers(1000)), {_DOUBLED_SELECTS} SELECT * FROM t12",
    f"WITH 1 AS t0, {_DOUBLED_CALLS} SELECT t60",
    f"SELECT {_SUMS} FROM open_numbers",
    _UNION,
    f"SELECT {_SCALARS}",
    "SELECT (SELECT max(sipHash64(number)) FROM numbers(1000000000000))",
    "SELECT 1 IN (SELECT sipHash64(number) FROM numbers(1000000000000))",
    "SELECT n FROM open_numbers LIMIT 1 BY (SELECT count() FROM numbers(1000000000000) WHERE sipHash64(number) = 1)",
    "SELECT count() FROM numbers(1000000000000) INTERSECT SELECT number FROM numbers(1000000000000)",
    "SELECT number FROM numbers(10000000000) EXCEPT SELECT number + 1 FROM numbers(10000000000)",
    "SELECT number FROM numbers(18446744073709551615) WHERE NOT ignore(sipHash64(number)) AND rand64() = 1",
    "SELECT count() FROM numbers(10000000000) WHERE generateUUIDv4() = toUUID('00000000-0000-0000-0000-000000000000')",
    "SELECT sum(number) FROM numbers(10000000000) GROUP BY number % 10000000 WITH ROLLUP",
    "SELECT * FROM numbers(1000000000000) LIMIT 1 OFFSET 999999999999",
    "SELECT number FROM numbers(1000000000000) LIMIT 1000000 BY number % 1000000",
    "SELECT number FROM numbers(100000000)",
    "SELECT toString(number), repeat('x', 1000) FROM numbers(10000000000)",
    "SELECT sleep(3), sleepEachRow(3) FROM numbers(1000)",
    "SELECT " + "(" * 3000 + "1" + ")" * 3000,
    "SELECT " + "-" * 1 + "abs(" * 990 + "n" + ")" * 990 + " FROM open_numbers",
    "SELECT " + "[" * 900 + "1" + "]" * 900,
    "SELECT " + "(SELECT " * 300 + "1" + ")" * 300,
    "SELECT * FROM " + "(SELECT * FROM " * 300 + "open_numbers" + ")" * 300,
    "SELECT " + "NOT " * 4000 + "1",
    "SELECT " + ", ".join("*" for _ in range(5000)) + " FROM open_numbers",
    f"SELECT n IN ({_NUMBERS}) FROM numbers(1000000000), open_numbers",
    "SELECT " + "arrayMap(x -> " * 200 + "1" + ", [1])" * 200,
    "SELECT " + "if(n = 1, 2, " * 900 + "3" + ")" * 900 + " FROM open_numbers",
    "SELECT CASE "
    + " ".join(f"WHEN n = {n} THEN {n}" for n in range(700))
    + " ELSE 0 END FROM numbers(1000000000), open_numbers",
]
"""What the engine can interrupt, or what is long or deep itself."""

BOMBS = [*UNINTERRUPTED, *GROWING, *LASTING]
