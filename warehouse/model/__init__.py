"""What the rows mean. Each expression and aggregate is one object with renderings in Python for the fold and in SQL for the engine.

`expression`    one Python lambda, three renderings
`program`       the rendering that the fold runs: Python in straight lines
`aggregate`     how entities become one number
`entity`        something with a life cycle, and how events make up its state
`entity_sql`    an entity's states as a SELECT over the raw events
`indicator`     a declared measure
`grace`         how long after its end a window stays open
`value`         one row of an indicator's figures
`value_push`    changed values as Kafka records, from the fold to the board
`correction`    a closed figure that changed, and what changed it
`reading`       what an indicator shows at a moment
`deadline`      when a dossier is due
`working_time`  working milliseconds before a time, and back
`alarm_rule`    when somebody must act, who is told, and what to do
"""
