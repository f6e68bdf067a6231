import Hummingbird

extension Endpoint {
    /// The API in OpenAPI 3.1. The file beside this one is the one that there is; the root of the repository links to it.
    static let description = Endpoint(.get, "/openapi.yaml", .anyone) { _ in
        .bytes(.ok, PackageResources.openapi_yaml, contentType: "application/yaml")
    }
}
