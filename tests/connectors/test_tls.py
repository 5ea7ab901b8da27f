"""TLS towards a registry: names and chains are checked, and mutual TLS proves who we are."""

import asyncio
import ipaddress
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from yarl import URL

from connectors.errors import ConnectionCut, RegistryError, TlsFailed
from connectors.http_answers import HttpRequest
from connectors.http_client import RegistryHttp
from connectors.transport import Endpoint, HttpLimits, TlsOptions
from tests.connectors.misbehaving_server import answer

GET = HttpRequest(method="GET", path="/health")
LIMITS = HttpLimits(attempt_seconds=2, call_seconds=3, attempts_max=1)


@dataclass(frozen=True)
class Authority:
    """A certificate authority of the test, with files for what it has signed."""

    folder: Path
    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def file(self) -> Path:
        path = self.folder / f"{self.name}.pem"
        path.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        return path

    def sign(self, subject: str, address: str = "127.0.0.1") -> tuple[Path, Path]:
        """Certificate and key files of someone who is reached at `address`."""
        key = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
        certificate = _builder(subject, self.name, key).add_extension(names, critical=False)
        signed = certificate.sign(self.key, SHA256())
        files = self.folder / f"{subject}.pem", self.folder / f"{subject}.key"
        files[0].write_bytes(signed.public_bytes(Encoding.PEM))
        files[1].write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        return files


def _builder(subject: str, issuer: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    def name(text: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])

    return (
        x509.CertificateBuilder()
        .subject_name(name(subject))
        .issuer_name(name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
    )


def authority(folder: Path, name: str) -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    certificate = _builder(name, name, key).add_extension(constraints, critical=True)
    return Authority(folder, name, key, certificate.sign(key, SHA256()))


@asynccontextmanager
async def registry(
    files: tuple[Path, Path], clients: Authority | None = None
) -> AsyncIterator[URL]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    if clients is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(clients.file)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer("200 OK", b"up", "Connection: close"))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield URL(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}")


async def asked(url: URL, tls: TlsOptions) -> bytes:
    endpoint = Endpoint(registry="MNG01", base_url=url, tls=tls)
    async with RegistryHttp(endpoint, limits=LIMITS) as http:
        return (await http.send(GET)).body


async def test_a_registry_that_proves_its_name_is_spoken_to(tmp_path: Path) -> None:
    trusted = authority(tmp_path, "trusted")
    async with registry(trusted.sign("registry")) as url:
        assert await asked(url, TlsOptions(authorities_file=trusted.file)) == b"up"


async def test_a_registry_with_a_certificate_of_another_authority_is_not(tmp_path: Path) -> None:
    trusted, other = authority(tmp_path, "trusted"), authority(tmp_path, "other")
    async with registry(other.sign("registry")) as url:
        with pytest.raises(TlsFailed):
            await asked(url, TlsOptions(authorities_file=trusted.file))
        with pytest.raises(TlsFailed):
            await asked(url, TlsOptions())


async def test_a_certificate_for_another_name_is_not_believed(tmp_path: Path) -> None:
    trusted = authority(tmp_path, "trusted")
    async with registry(trusted.sign("registry", "127.0.0.2")) as url:
        with pytest.raises(TlsFailed):
            await asked(url, TlsOptions(authorities_file=trusted.file))


async def test_mutual_tls_lets_in_whoever_holds_a_certificate(tmp_path: Path) -> None:
    trusted = authority(tmp_path, "trusted")
    certificate, key = trusted.sign("hub")
    ours = TlsOptions(
        authorities_file=trusted.file, client_certificate_file=certificate, client_key_file=key
    )
    async with registry(trusted.sign("registry"), clients=trusted) as url:
        assert await asked(url, ours) == b"up"


async def test_without_our_certificate_mutual_tls_fails(tmp_path: Path) -> None:
    trusted = authority(tmp_path, "trusted")
    async with registry(trusted.sign("registry"), clients=trusted) as url:
        # TLS 1.3 tells the client only after its handshake: the connection is then cut.
        with pytest.raises(RegistryError) as raised:
            await asked(url, TlsOptions(authorities_file=trusted.file))
    assert isinstance(raised.value, TlsFailed | ConnectionCut)
