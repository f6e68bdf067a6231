"""A certificate authority of a row's own, and what it signed, made with openssl."""

import pathlib
import subprocess

CONFIGURATION = """
[ca]
default_ca = here
[here]
database = {name}.index
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = anything
unique_subject = no
x509_extensions = extensions
[anything]
commonName = supplied
[extensions]
{extensions}
[req]
distinguished_name = anyone
[anyone]
"""


class Authority:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir()
        self._sign("ca", "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign", issuer=None)
        self.file = str(self.folder / "ca.pem")

    def certificate(self, name, host="127.0.0.1", is_expired=False, is_self_signed=False):
        """As a mailbox's options name it: certificate and key, for this address or name."""
        kind = "IP" if host[0].isdigit() else "DNS"
        self._sign(name, f"subjectAltName={kind}:{host}", None if is_self_signed else "ca",
                   "20200201000000Z" if is_expired else "20491231235959Z")
        return {"certificate": str(self.folder / f"{name}.pem"), "key": str(self.folder / f"{name}.key")}

    def _sign(self, name, extensions, issuer, end="20491231235959Z"):
        """`openssl ca` can set both dates, which `openssl x509` cannot."""
        (self.folder / f"{name}.cnf").write_text(CONFIGURATION.format(name=name, extensions=extensions))
        (self.folder / f"{name}.index").write_text("")
        signer = ["-cert", f"{issuer}.pem", "-keyfile", f"{issuer}.key"] if issuer else [
            "-selfsign", "-keyfile", f"{name}.key"]
        self._openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", f"{name}.key")
        self._openssl("req", "-new", "-config", f"{name}.cnf", "-key", f"{name}.key", "-subj", f"/CN={name}",
                      "-out", f"{name}.csr")
        self._openssl("ca", "-batch", "-notext", "-config", f"{name}.cnf", "-in", f"{name}.csr",
                      "-out", f"{name}.pem", *signer, "-startdate", "20200101000000Z", "-enddate", end)

    def _openssl(self, *words):
        done = subprocess.run(["openssl", *words], cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"openssl {words[0]}: {done.stderr[-1000:]}")
