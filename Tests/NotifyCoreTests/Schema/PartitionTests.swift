import PostgresClient
import TestSupport
import Testing

@Suite("The partitions of outcomes")
struct PartitionTests {
    @Test("Today and fourteen days are there after migrating, and making them again makes none")
    func fresh() async throws {
        try await withTestDatabase(.schema) { database in
            let made = try await database.column("values (notify.ensure_partitions()), (notify.ensure_partitions(16))")
            #expect(made == ["0", "4"])
            #expect(try await Self.days(of: "deliveries", in: database).count == 17)
            #expect(try await Self.days(of: "attempts", in: database).count == 17)
        }
    }

    @Test("An outcome of a day without partition is kept, and moves when the day is made", arguments: [-40, 30])
    func missingDay(offset: Int) async throws {
        try await withTestDatabase(.schema) { database in
            try await database.execute(Self.outcome(day: offset))
            #expect(try await database.value("select count(*) from notify.deliveries_default") == "1")
            #expect(try await database.value("select notify.ensure_partitions()") == "1")
            #expect(try await database.value("select count(*) from notify.deliveries_default") == "0")
            let partition = try await database.value("select tableoid::regclass from notify.deliveries")
            let expected = try await database.value(
                """
                select 'notify.deliveries_' || to_char((now() at time zone 'UTC')::date + \(offset), 'YYYYMMDD')
                """
            )
            #expect(partition == expected)
        }
    }

    @Test(
        "A day is a day of UTC, whatever the session's zone and date style",
        arguments: [
            "set timezone = 'Pacific/Kiritimati'", "set timezone = 'America/Los_Angeles'; set datestyle = 'SQL, DMY'",
        ])
    func zones(settings: String) async throws {
        try await withTestDatabase(.schema) { database in
            let moments = try await database.withConnection { connection in
                try connection.execute("\(settings); select notify.ensure_partitions(20)")
                try connection.execute("reset timezone; reset datestyle; set timezone = 'UTC'")
                return try connection.column(
                    """
                    select pg_get_expr(c.relpartbound, c.oid) from pg_class c
                    where c.oid = ('notify.deliveries_' || to_char(now()::date + 20, 'YYYYMMDD'))::regclass
                    union all
                    select format('FOR VALUES FROM (%L) TO (%L)',
                        (now()::date + 20)::timestamptz, (now()::date + 21)::timestamptz)
                    """
                )
            }
            #expect(moments.count == 2 && moments[0] == moments[1])
        }
    }

    @Test("Days that ended longer ago than the retention go, the others and the default stay")
    func drop() async throws {
        try await withTestDatabase(.schema) { database in
            for day in [-32, -31, -30, -1] { try await database.execute(Self.outcome(day: day)) }
            #expect(try await database.value("select notify.ensure_partitions()") == "4")
            #expect(try await database.value("select notify.drop_partitions(30)") == "2")
            #expect(try await database.value("select count(*) from notify.deliveries") == "2")
            #expect(try await database.value("select notify.drop_partitions(30)") == "0")
            try await database.execute(Self.outcome(day: 100))
        }
    }

    @Test("A day that someone reads is left for the next call, as is one whose stray rows someone holds")
    func busy() async throws {
        try await withTestDatabase(.schema) { database in
            try await database.execute(Self.outcome(day: -31))
            let counts = try await database.withConnection { connection in
                let reader = try PostgresConnection(database.conninfo)
                defer { reader.close() }
                try reader.execute("begin; select count(*) from notify.deliveries")
                var counts = [try connection.value("select notify.ensure_partitions()")]
                try reader.execute("commit")
                counts.append(try connection.value("select notify.ensure_partitions()"))
                try reader.execute("begin; select count(*) from notify.deliveries")
                counts.append(try connection.value("select notify.drop_partitions()"))
                try reader.execute("commit")
                counts.append(try connection.value("select notify.drop_partitions()"))
                return counts
            }
            #expect(counts == ["0", "1", "0", "1"])
        }
    }

    @Test("A day that a view depends on stays, and those behind it go")
    func dependent() async throws {
        try await withTestDatabase(.schema) { database in
            for day in [-33, -32] { try await database.execute(Self.outcome(day: day)) }
            #expect(try await database.value("select notify.ensure_partitions()") == "2")
            let old = try await Self.days(of: "deliveries", in: database).compactMap(\.self).sorted()
            try await database.execute("create view watched as select * from notify.\(old[0])")
            #expect(try await database.value("select notify.drop_partitions()") == "1")
            #expect(try await Self.days(of: "deliveries", in: database).contains(old[0]))
            try await database.execute("drop view watched")
            #expect(try await database.value("select notify.drop_partitions()") == "1")
        }
    }

    @Test(
        "Bounds of both functions are checked",
        arguments: [
            "ensure_partitions(-1)", "ensure_partitions(null)", "ensure_partitions(367)", "drop_partitions(0)",
            "drop_partitions(null)", "drop_partitions(-2147483648)", "drop_partitions(2147483647)",
        ])
    func bounds(call: String) async throws {
        try await withTestDatabase(.schema) { database in
            let refusal = try await database.refusal("select notify.\(call)")
            #expect(refusal?.state == "NW004")
        }
    }

    private static func outcome(day: Int) -> String {
        """
        insert into notify.deliveries (event_id, kind, outcome, attempts, message_id, enqueued_at, finished_at)
        values (\(day + 1000), 'assigned_ticket', 'sent', 1, gen_random_uuid(), now(),
            ((now() at time zone 'UTC')::date + \(day))::timestamp at time zone 'UTC' + interval '12 h')
        """
    }

    private static func days(of table: String, in database: TestDatabase) async throws -> [String?] {
        try await database.column(
            """
            select c.relname from pg_inherits i join pg_class c on c.oid = i.inhrelid
            where i.inhparent = 'notify.\(table)'::regclass and c.relname ~ '[0-9]{8}$'
            """
        )
    }
}
