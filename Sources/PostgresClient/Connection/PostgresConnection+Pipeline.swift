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
    /// Sends all calls in one round trip and one transaction. The first failure undoes all and is thrown.
    package func pipelineAtomically(_ calls: [StatementCall]) throws(PostgresError) -> [Rows] {
        do {
            return try runPipeline(calls).get()
        } catch  where error.meansStalePreparation && !isInTransaction {
            return try runPipeline(calls).get()
        }
    }

    /// - Throws: what concerns the session, which is closed then. What a call met is in the result.
    private func runPipeline(_ calls: [StatementCall]) throws(PostgresError) -> Result<[Rows], PostgresError> {
        let handle = try open()
        // All that may be wrong with the calls is found before anything is sent.
        let plan = try PipelinePlan(calls, on: self)
        do throws(PostgresError) {
            guard PQenterPipelineMode(handle) == 1 else { throw PostgresError(result: nil, connection: handle) }
            for step in plan.steps where !plan.send(step, to: handle) {
                throw PostgresError(result: nil, connection: handle)
            }
            let result = try receive(plan, from: handle)
            guard PQexitPipelineMode(handle) == 1 else { throw PostgresError(result: nil, connection: handle) }
            return result
        } catch {
            // Half sent or half read: only a new session is in step with the server again.
            close()
            throw error
        }
    }

    /// Reads one answer for each step, in order.
    private func receive(
        _ plan: PipelinePlan, from handle: OpaquePointer
    ) throws(PostgresError) -> Result<[Rows], PostgresError> {
        var rows: [Rows] = []
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
                    rows.append(try Rows(answer, connection: handle))
                } catch {
                    // After a failure the server skips to the sync; the cause is worth more than "skipped".
                    failure = failure ?? error
                    if failure?.meansStalePreparation == true { preparedStatements[call.statement.name] = nil }
                }
                PQclear(PQgetResult(handle))
            case .sync:
                defer { PQclear(answer) }
                guard let answer, PQresultStatus(answer) == PGRES_PIPELINE_SYNC else {
                    throw failure ?? PostgresError(result: answer, connection: handle)
                }
            }
            if PQstatus(handle) != CONNECTION_OK {
                throw failure ?? PostgresError(result: nil, connection: handle)
            }
        }
        return failure.map { .failure($0) } ?? .success(rows)
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

    init(_ calls: [StatementCall], on connection: PostgresConnection) throws(PostgresError) {
        // Statements named twice in one pipeline are prepared once.
        var planned: [String: PreparedStatement] = [:]
        if let limits = connection.limitsStatement { steps.append(.limits(limits)) }
        for call in calls {
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
        }
        steps.append(.sync)
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
