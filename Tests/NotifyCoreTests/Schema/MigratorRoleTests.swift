import NotifyCore
import PostgresClient
import TestSupport
import Testing

@Suite("The migrating role")
struct MigratorRoleTests {
    @Test("On a fresh server a role with CREATEROLE makes the roles and migrates without being a superuser")
    func first() async throws {
        let applied = try await withFreshServer { conninfo in
            let admin = try PostgresConnection(conninfo("postgres", "postgres"))
            defer { admin.close() }
            try admin.execute("create role deployer login createrole")
            try admin.execute("create database app owner deployer encoding 'UTF8' template template0")
            let deployer = try PostgresConnection(conninfo("app", "deployer"))
            defer { deployer.close() }
            return try Migrator(deployer).migrate()
        }
        #expect(applied == Migration.all)
    }

    @Test("In a cluster that has the roles, another role migrates without being a superuser")
    func notSuperuser() async throws {
        try await withTestDatabase { database in
            try await database.execute(
                """
                create role deployer_of_\(database.name) login createrole;
                grant create on database "\(database.name)" to deployer_of_\(database.name);
                -- From PostgreSQL 16 on, CREATEROLE is not enough to join a role that somebody else made.
                do $$ begin
                    if current_setting('server_version_num')::int >= 160000 then
                        grant notify_owner to deployer_of_\(database.name);
                    end if;
                end $$;
                """
            )
            let applied = try await database.withConnection(user: "deployer_of_\(database.name)") {
                try Migrator($0).migrate()
            }
            #expect(applied == Migration.all)
            let owners = try await database.column(
                """
                select distinct pg_get_userbyid(owner) from (
                    select relowner from pg_class where relnamespace = 'notify'::regnamespace
                    union select proowner from pg_proc where pronamespace = 'notify'::regnamespace
                    union select nspowner from pg_namespace where nspname = 'notify'
                ) owned (owner)
                """
            )
            #expect(owners == ["notify_owner"])
            let isUsable = try await database.withConnection(user: "deployer_of_\(database.name)") {
                try $0.value("select notify.ensure_partitions(15)")
            }
            #expect(isUsable == "2")
        }
    }

    @Test("A role that may not create is told what it needs")
    func notAllowed() async throws {
        try await withTestDatabase { database in
            try await database.execute("create role onlooker_of_\(database.name) login")
            let message = try await database.withConnection(user: "onlooker_of_\(database.name)") {
                connection -> String in
                do {
                    _ = try Migrator(connection).migrate()
                    return ""
                } catch let error as MigrationError {
                    return error.description
                }
            }
            #expect(message.contains("CREATEROLE") && message.contains("notify_owner"))
        }
    }
}
