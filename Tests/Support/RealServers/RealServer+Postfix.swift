extension RealServer {
    package enum PostfixDelivery: Sendable {
        /// Every mail goes to Postfix's discard transport: for rates, and where only the dialogue matters.
        case discard
        /// Every recipient's mail is kept in one maildir.
        case maildir
    }

    /// Postfix 3.7: smtpd, cleanup, qmgr and one delivery agent, with queue and configuration of its own.
    package static func postfix(
        _ delivery: PostfixDelivery = .maildir,
        certificate: TestAuthority.Certificate? = nil
    ) async throws -> RealServer {
        try await start(
            Plan(name: "postfix", needsRoot: true, keepsMails: delivery == .maildir) { folder, port in
                try folder.write("conf/main.cf", mainConfiguration(folder, delivery, certificate))
                try folder.write("conf/master.cf", masterConfiguration(port))
                try folder.write("start", startScript(folder))
                return [Checkout.script("real-server-run"), "postfix", folder.path, "/bin/sh", "\(folder.path)/start"]
            }
        )
    }

    private static func mainConfiguration(
        _ folder: TemporaryFolder,
        _ delivery: PostfixDelivery,
        _ certificate: TestAuthority.Certificate?
    ) -> String {
        let transport = delivery == .discard ? "virtual_transport = discard" : "virtual_transport = virtual"
        let tls = certificate.map {
            """
            smtpd_tls_security_level = may
            smtpd_tls_chain_files = \($0.keyFile), \($0.chainFile)
            """
        }
        return """
            compatibility_level = 3.6
            queue_directory = \(folder.path)/queue
            data_directory = \(folder.path)/data
            maillog_file = \(folder.path)/mail.log
            maillog_file_prefixes = \(folder.path)
            mail_owner = postfix
            setgid_group = postdrop
            inet_interfaces = 127.0.0.1
            inet_protocols = ipv4
            myhostname = postfix.test.example
            mynetworks = 127.0.0.0/8
            mydestination =
            alias_maps =
            smtputf8_enable = yes
            message_size_limit = 20480000
            mailbox_size_limit = 0
            virtual_mailbox_limit = 0
            \(transport)
            virtual_mailbox_domains = static:all
            virtual_mailbox_maps = static:inbox/
            virtual_mailbox_base = \(folder.path)/mail
            virtual_uid_maps = static:64904
            virtual_gid_maps = static:64904
            \(tls ?? "")

            """
    }

    /// Nothing runs in Postfix's chroot: this folder has no /etc of its own.
    private static func masterConfiguration(_ port: Int) -> String {
        """
        127.0.0.1:\(port) inet n - n - 100 smtpd
        cleanup unix n - n - 0 cleanup
        qmgr unix n - n 300 1 qmgr
        tlsmgr unix - - n 1000? 1 tlsmgr
        rewrite unix - - n - - trivial-rewrite
        bounce unix - - n - 0 bounce
        defer unix - - n - 0 bounce
        trace unix - - n - 0 bounce
        proxymap unix - - n - - proxymap
        anvil unix - - n - 1 anvil
        error unix - - n - - error
        retry unix - - n - - error
        discard unix - - n - - discard
        virtual unix - n n - - virtual
        postlog unix-dgram n - n - 1 postlogd

        """
    }

    /// What `postfix start` would set up; calling the master alone saves two seconds of checks.
    private static func startScript(_ folder: TemporaryFolder) -> String {
        """
        set -e
        cd \(folder.path)
        mkdir -p mail data queue/pid
        chown 64904:64904 mail
        chown postfix data
        cd queue
        for each in active bounce corrupt defer deferred flush hold incoming private saved trace public maildrop; do
            mkdir -p $each && chmod 700 $each && chown postfix $each
        done
        chgrp postdrop public maildrop
        chmod 710 public
        chmod 730 maildrop
        exec /usr/lib/postfix/sbin/master -c \(folder.path)/conf -d

        """
    }
}
