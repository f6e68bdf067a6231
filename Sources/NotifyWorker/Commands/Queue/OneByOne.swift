import PostgresClient

/// What was done to events one after the other. Each is a transaction of its own, so what one id meets must not hide what
/// became of those before it.
struct OneByOne<Done> {
    private(set) var done: [Done] = []
    /// Ids that were refused, and why; those behind them were still done.
    private(set) var refusals: [String] = []
    /// What ended it: with this error nothing can be done to the others either.
    private(set) var end: PostgresError?

    init(_ ids: [Int64], _ act: (Int64) throws(PostgresError) -> Done) {
        for id in ids {
            do {
                done.append(try act(id))
            } catch  where error.sqlState?.category == "NW" {
                refusals.append("\(id): \(CommandFailure(error).message)")
            } catch {
                end = error
                return
            }
        }
    }
}
