// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "notify-worker",
    products: [
        .executable(name: "notify-worker", targets: ["NotifyWorker"])
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: ["JSON"]),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // System libraries
        .systemLibrary(name: "CLinux"),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        .systemLibrary(name: "CLibCURL", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CLibIDN2", pkgConfig: "libidn2", providers: [.apt(["libidn2-dev"])]),

        // Threads of our own, and what they wait for
        .target(
            name: "Threads",
            dependencies: ["CLinux", .product(name: "DequeModule", package: "swift-collections")]
        ),

        // They know nothing of each other
        .target(name: "PostgresClient", dependencies: ["Threads", "CLibPQ"]),
        .target(
            name: "SMTPSender",
            dependencies: [
                "Threads", "CLibCURL", "CLibIDN2", .product(name: "DequeModule", package: "swift-collections"),
            ]
        ),
        .target(name: "Templates", dependencies: [.product(name: "Mustache", package: "swift-mustache")]),

        // The product
        .target(
            name: "NotifyCore",
            dependencies: [
                "CLinux", "Threads", "PostgresClient", "SMTPSender", "Templates",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
            ],
            resources: [
                .embedInCode("Schema/Migrations"), .embedInCode("Queue/Statements"),
                .embedInCode("Operations/Statements"),
            ]
        ),
        .target(
            name: "NotifyAPI",
            dependencies: [
                "NotifyCore", "PostgresClient", "Templates",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            resources: [.embedInCode("Description/openapi.yaml")]
        ),
        .executableTarget(
            name: "NotifyWorker",
            dependencies: [
                "NotifyCore", "NotifyAPI", "Threads", "PostgresClient", "SMTPSender", "Templates", "DevMailbox",
                "DevPostgres",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ]
        ),

        // For `make bench`
        .executableTarget(
            name: "bench-bare-server",
            dependencies: [
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Benchmarks/BareServer"
        ),
        .executableTarget(
            name: "bench-parts", dependencies: ["NotifyCore", "SMTPSender", "Templates", "Threads"],
            path: "Benchmarks/Parts"
        ),

        // For the demo and the tests
        .target(
            name: "DevMailbox",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        .target(name: "DevPostgres"),
        .target(
            name: "TestSupport",
            dependencies: [
                "Threads", "PostgresClient", "DevMailbox", "DevPostgres", "NotifyCore", "SMTPSender", "Templates",
                .product(name: "Logging", package: "swift-log"),
            ],
            path: "Tests/Support"
        ),
        .executableTarget(name: "torture-mailbox", dependencies: ["DevMailbox"], path: "Tests/Torture/Mailbox"),

        .testTarget(
            name: "PostgresClientTests", dependencies: ["PostgresClient", "Threads", "DevPostgres", "TestSupport"]),
        .testTarget(name: "SMTPSenderTests", dependencies: ["SMTPSender", "DevMailbox", "TestSupport"]),
        .testTarget(name: "TemplateTests", dependencies: ["Templates"], exclude: ["Golden"]),
        .testTarget(
            name: "NotifyCoreTests",
            dependencies: [
                "NotifyCore", "Threads", "PostgresClient", "SMTPSender", "Templates", "DevMailbox", "TestSupport",
            ]
        ),
        .testTarget(
            name: "NotifyAPITests",
            dependencies: [
                "NotifyAPI", "NotifyCore", "PostgresClient", "Templates", "DevMailbox", "TestSupport",
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "Yams", package: "Yams"),
            ]
        ),
        .testTarget(
            name: "NotifyWorkerTests",
            dependencies: [
                "NotifyWorker", "NotifyAPI", "NotifyCore", "PostgresClient", "SMTPSender", "DevMailbox", "TestSupport",
                .product(name: "Logging", package: "swift-log"),
            ]
        ),
        .testTarget(
            name: "FuzzTests",
            dependencies: ["NotifyWorker", "NotifyAPI", "NotifyCore", "SMTPSender", "Templates"],
            exclude: ["Corpus"]
        ),
        .testTarget(name: "DevMailboxTests", dependencies: ["DevMailbox", "TestSupport"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "NotifyWorker", "NotifyCore", "PostgresClient", "SMTPSender", "Templates", "DevMailbox", "TestSupport",
            ]
        ),
    ]
)

for target in package.targets where target.type != .system {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]
}
