/// What programs go by in an error: stays the same whatever the wording. `openapi.yaml` lists each under its status; a
/// test holds the names there against these, another the statuses of what the SQL functions refuse.
enum ProblemCode: String, Sendable, CaseIterable {
    // The request itself
    case badRequest = "bad_request"
    case invalidForm = "invalid_form"
    case invalidJSON = "invalid_json"
    case methodNotAllowed = "method_not_allowed"
    case notFound = "not_found"
    case unsupportedMediaType = "unsupported_media_type"

    // The caller
    case missingToken = "missing_token"
    case unknownToken = "unknown_token"
    case expiredToken = "expired_token"
    case revokedToken = "revoked_token"
    case endedSession = "ended_session"
    case missingScope = "missing_scope"
    case notForServices = "not_for_services"
    case notForUsers = "not_for_users"
    case tooManyFailures = "too_many_failures"

    // What it asks for
    case accountDeleted = "account_deleted"
    case addressInUse = "address_in_use"
    case changedMeanwhile = "changed_meanwhile"
    case idempotencyKeyReused = "idempotency_key_reused"
    case impossibleTimes = "impossible_times"
    case invalidValue = "invalid_value"
    case missingField = "missing_field"
    case notAMember = "not_a_member"
    case tooLarge = "too_large"
    case unknownField = "unknown_field"
    case unknownKind = "unknown_kind"
    case unknownUser = "unknown_user"

    // Us
    case internalError = "internal_error"
    case unavailable
}
