"""The proxy of docs/deploy/nginx: nginx itself takes it, and it says what the application needs of it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from stack import ports

from crm.services.imports import sessions

ROOT = Path(__file__).parents[2]
SITE = (ROOT / "docs" / "deploy" / "nginx" / "kitchenpantry.conf").read_text()
NGINX = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin")


def test_it_lets_the_largest_import_through() -> None:
    (megabytes,) = re.findall(r"client_max_body_size (\d+)m;", SITE)
    assert int(megabytes) * 1024 * 1024 > sessions.MOST_BYTES


def test_it_overwrites_what_a_browser_says_of_its_address() -> None:
    assert re.findall(r"X-Forwarded-For (\S+);", SITE) == ["$remote_addr"]
    assert "TRUSTED_PROXIES=1" in (ROOT / "docs" / "deploy" / "env" / "web.env").read_text()


@pytest.mark.skipif(NGINX is None, reason="nginx is not installed here")
def test_nginx_takes_it(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "fullchain.pem"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=crm.pantry.example"]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    site = SITE.replace("/etc/ssl/kitchenpantry", str(tmp_path))
    (tmp_path / "site.conf").write_text(
        re.sub(r"listen \d+", lambda _: f"listen 127.0.0.1:{ports.free()}", site)
    )
    places = "".join(
        f"{name}_temp_path {tmp_path / name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path / 'pid'};\nerror_log {tmp_path / 'error.log'};\nevents {{}}\n"
        f"http {{\naccess_log off;\n{places}include {tmp_path / 'site.conf'};\n}}\n"
    )
    assert NGINX is not None
    told = subprocess.run(
        [NGINX, "-t", "-e", tmp_path / "error.log", "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
