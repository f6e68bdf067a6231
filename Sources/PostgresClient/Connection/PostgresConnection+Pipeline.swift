internal import CLibPQ

/// A statement with its parameters, to be sent together with others.
package struct StatementCall: Sendable {
    package let statement: Statement
    package let parameters: Parameters

    package init(_ statement: Statement, _ parameters: Parameters = Parameters()) {
        self.statement = statement
        self.parameters = parameters
    }
}

extension PostgresConnection {
    /// Sends all calls in one round trip, each in a transaction of its own (unless one is open): one that fails leaves
    /// the others alone.
    ///
    /// - Throws: only what concerns all of them, such as a lost connection; which of them took effect is then unknown.
    package func pipeline(_ calls: [StatementCall]) throws(PostgresError) -> [Result<Rows, PostgresError>] {
        var results = try runPipeline(calls, syncsEach: true)
        for (index, call) in calls.enumerated() {
            guard case .failure(let error) = results[index], error.meansStalePreparation, !isInTransaction else {
                continue
            }
            results[index] = Result { () throws(PostgresError) in try run(call.statement, call.parameters) }
        }
        return results
    }

    /// Sends all calls in one round trip and one transaction. The first failure undoes all and is thrown.
    package func pipelineAtomically(_ calls: [StatementCall]) throws(PostgresError) -> [Rows] {
        do {
            return try rows(runPipeline(calls, syncsEach: false))
        } catch  where error.meansStalePreparation && !isInTransaction {
            return try rows(runPipeline(calls, syncsEach: false))
        }
    }

    private func rows(_ results: [Result<Rows, PostgresError>]) throws(PostgresError) -> [Rows] {
        var rows: [Rows] = []
        rows.reserveCapacity(results.count)
        for result in results { rows.append(try result.get()) }
        return rows
    }

    private func runPipeline(
        _ calls: [StatementCall], syncsEach: Bool
    ) throws(PostgresError) -> [Result<Rows, PostgresError>] {
        let handle = try open()
        // All that may be wrong with the calls is found before anything is sent.
        let plan = try PipelinePlan(calls, on: self, syncsEach: syncsEach)
        do throws(PostgresError) {
            guard PQenterPipelineMode(handle) == 1 else { throw PostgresError(result: nil, connection: handle) }
            for step in plan.steps where !plan.send(step, to: handle) {
                throw PostgresError(result: nil, connection: handle)
            }
            let results = try receive(plan, from: handle)
            guard PQexitPipelineMode(handle) == 1 else { throw PostgresError(result: nil, connection: handle) }
            return results
        } catch {
            // Half sent or half read: only a new session is in step with the server again.
            close()
            throw error
        }
    }

    /// Reads one answer for each step, in order.
    private func receive(
        _ plan: PipelinePlan, from handle: OpaquePointer
    ) throws(PostgresError) -> [Result<Rows, PostgresError>] {
        var results: [Result<Rows, PostgresError>] = []
        var failure: PostgresError?
        for step in plan.steps {
            let answer = PQgetResult(handle)
            switch step {
            case .limits, .prepare:
                do {
                    _ = try Rows(answer, connection: handle)
                    if case .prepare(let name, let prepared) = step { preparedStatements[name] = prepared }
                } catch {
                    failure = failure ?? error
                }
                PQclear(PQgetResult(handle))
            case .run(let call, _):
                do {
                    results.append(.success(try Rows(answer, connection: handle)))
                } catch {
                    // After a failure the server skips to the next sync; the cause is worth more than "skipped".
                    failure = failure ?? error
                    if failure?.meansStalePreparation == true { preparedStatements[call.statement.name] = nil }
                    results.append(.failure(failure ?? error))
                }
                PQclear(PQgetResult(handle))
            case .sync:
                defer { PQclear(answer) }
                guard let answer, PQresultStatus(answer) == PGRES_PIPELINE_SYNC else {
                    throw failure ?? PostgresError(result: answer, connection: handle)
                }
                failure = nil
            }
            if PQstatus(handle) != CONNECTION_OK {
                throw failure ?? PostgresError(result: nil, connection: handle)
            }
        }
        return results
    }
}

/// What a pipeline sends, and in the same order gets answers to.
private struct PipelinePlan {
    enum Step {
        /// Settings for the transaction that begins here; its row is dropped.
        case limits(String)
        case prepare(name: String, PreparedStatement)
        /// Without a server's name it is sent with its text.
        case run(StatementCall, serverName: String?)
        case sync
    }

    private(set) var steps: [Step] = []

    init(_ calls: [StatementCall], on connection: PostgresConnection, syncsEach: Bool) throws(PostgresError) {
        // Statements named twice in one pipeline are prepared once.
        var planned: [String: PreparedStatement] = [:]
        let limits = connection.limitsStatement
        for (index, call) in calls.enumerated() {
            if let limits, syncsEach || index == 0 { steps.append(.limits(limits)) }
            let name = call.statement.name
            if connection.usesPreparedStatements, !name.isEmpty {
                var prepared = try connection.preparation(of: call.statement, call.parameters)
                if let earlier = planned[name] {
                    try earlier.check(call.statement, call.parameters)
                    prepared = earlier
                }
                if prepared == nil {
                    let new = try connection.newPreparation(of: call.statement, call.parameters)
                    planned[name] = new
                    steps.append(.prepare(name: name, new))
                    prepared = new
                }
                steps.append(.run(call, serverName: prepared?.serverName))
            } else {
                try connection.check(call.statement, call.parameters)
                steps.append(.run(call, serverName: nil))
            }
            if syncsEach { steps.append(.sync) }
        }
        if !syncsEach { steps.append(.sync) }
    }

    /// Queues one step; libpq flushes as its buffer fills, and reads meanwhile, so neither side waits for the other.
    func send(_ step: Step, to handle: OpaquePointer) -> Bool {
        switch step {
        case .limits(let sql):
            PQsendQueryParams(handle, sql, 0, nil, nil, nil, nil, 1) == 1
        case .prepare(_, let prepared):
            PQsendPrepare(handle, prepared.serverName, prepared.sql, Int32(prepared.oids.count), prepared.oids) == 1
        case .run(let call, let serverName?):
            call.parameters.withCArrays { arrays in
                PQsendQueryPrepared(
                    handle, serverName, arrays.count, arrays.values, arrays.lengths, arrays.formats, 1)
            } == 1
        case .run(let call, nil):
            call.parameters.withCArrays { arrays in
                PQsendQueryParams(
                    handle, call.statement.sql, arrays.count, arrays.oids, arrays.values, arrays.lengths,
                    arrays.formats, 1)
            } == 1
        case .sync:
            PQpipelineSync(handle) == 1
        }
    }
}
