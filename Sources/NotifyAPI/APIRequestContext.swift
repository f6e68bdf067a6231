package import Hummingbird

/// What travels with a request through the API.
package struct APIRequestContext: RequestContext {
    package var coreContext: CoreRequestContextStorage

    package init(source: Source) {
        coreContext = .init(source: source)
    }

    /// Bodies over this are refused with 413 before they are read whole.
    package var maxUploadSize: Int { RequestLimits.bodyBytes }
}
