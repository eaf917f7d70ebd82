"""The platform's own side of the encrypted mode, written from its description and not by wechatpy."""

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class Envelope:
    """AES-256-CBC, the key's first 16 bytes as IV; 16 random bytes, length, message, account id; padded to 32 bytes."""

    def __init__(self, token: str, aes_key: str, account_id: str) -> None:
        self.token = token
        self.account_id = account_id
        self._key = base64.b64decode(aes_key + "=")

    def signature(self, *signed: str) -> str:
        """SHA-1 over the sorted parts and the token."""
        return hashlib.sha1("".join(sorted([self.token, *signed])).encode()).hexdigest()

    def encrypt(self, text: str) -> str:
        """Base64 of the padded and encrypted message."""
        message = text.encode()
        plain = os.urandom(16) + struct.pack(">I", len(message)) + message + self.account_id.encode()
        padding = BLOCK - len(plain) % BLOCK
        encryptor = self._cipher().encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([padding]) * padding) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> tuple[str, str]:
        """(message, account id). Raises ValueError when it is not well formed."""
        decryptor = self._cipher().decryptor()
        plain = decryptor.update(base64.b64decode(encrypted, validate=True)) + decryptor.finalize()
        padding = plain[-1]
        if not 1 <= padding <= BLOCK or plain[-padding:] != bytes([padding]) * padding:
            raise ValueError("padding")
        (size,) = struct.unpack(">I", plain[16:20])
        return plain[20 : 20 + size].decode(), plain[20 + size : -padding].decode()

    def _cipher(self) -> Cipher[modes.CBC]:
        return Cipher(algorithms.AES(self._key), modes.CBC(self._key[:16]))
