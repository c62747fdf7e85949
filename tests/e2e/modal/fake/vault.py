"""Secrets: values go in and come out in containers alone."""

import hashlib
import re
import time

from grpclib import GRPCError, Status
from modal_proto import api_pb2

from service import ENVIRONMENTS

NAME = re.compile(r"^[a-zA-Z0-9_.-]{1,64}$")
KEY = re.compile(r"^[a-zA-Z_][a-zA-Z0-9_]*$")
LONGEST_KEY, LONGEST_VALUE = 16384, 32768


class Secret:
    def __init__(self, identity, name, environment):
        self.identity, self.name, self.environment = identity, name, environment
        self.created, self.values = time.time(), {}

    def metadata(self):
        creation = api_pb2.CreationInfo(created_at=self.created, created_by="operator")
        metadata = api_pb2.SecretMetadata(name=self.name, creation_info=creation)
        if hasattr(metadata, "keys"):
            metadata.keys.extend(sorted(self.values))
        return metadata


class Vault:
    def __init__(self, state):
        self.state, self.secrets = state, {}
        state.views["secrets"] = self.view

    def view(self):
        """Names, keys and hashes of the values, for the tests."""
        digest = lambda value: hashlib.sha256(value.encode()).hexdigest()
        hashed = lambda secret: {key: digest(value) for key, value in secret.values.items()}
        named = [secret for secret in self.secrets.values() if secret.name]
        return {f"{secret.environment}/{secret.name}": hashed(secret) for secret in named}

    def named(self, name, environment):
        wanted = name, environment or "main"
        found = (s for s in self.secrets.values() if (s.name, s.environment) == wanted)
        return next(found, None)

    async def SecretGetOrCreate(self, request, _):
        name, kind = request.deployment_name, request.object_creation_type
        if kind and name and self.state.faults().get("appears"):
            self.appear(name, request.environment_name)
        if kind and self.state.faults().get("lose_creation"):
            return api_pb2.SecretGetOrCreateResponse(secret_id=self.state.new_id("st"))
        if request.environment_name and request.environment_name not in ENVIRONMENTS:
            text = f"Environment '{request.environment_name}' not found"
            raise GRPCError(Status.NOT_FOUND, text)
        found = self.named(name, request.environment_name) if name else None
        if kind == api_pb2.OBJECT_CREATION_TYPE_UNSPECIFIED:
            return self.looked_up(found, request)
        if kind == api_pb2.OBJECT_CREATION_TYPE_CREATE_FAIL_IF_EXISTS and found:
            raise GRPCError(Status.ALREADY_EXISTS, f"Secret '{name}' already exists")
        if name and not NAME.match(name):
            raise GRPCError(Status.INVALID_ARGUMENT, f"Invalid Secret name: '{name}'.")
        self.check(request.env_dict)
        keeps = kind == api_pb2.OBJECT_CREATION_TYPE_CREATE_IF_MISSING and found
        if not keeps:
            found = found or self.new(name, request.environment_name)
            found.values, found.created = dict(request.env_dict), time.time()
        return api_pb2.SecretGetOrCreateResponse(
            secret_id=found.identity, metadata=found.metadata()
        )

    def looked_up(self, found, request):
        if not found:
            name = request.deployment_name
            raise GRPCError(Status.NOT_FOUND, f"Secret '{name}' not found in environment 'main'.")
        missing = sorted(set(request.required_keys) - set(found.values))
        if missing:
            text = f"Secret is missing key(s): {', '.join(missing)}"
            raise GRPCError(Status.FAILED_PRECONDITION, text)
        return api_pb2.SecretGetOrCreateResponse(
            secret_id=found.identity, metadata=found.metadata()
        )

    def check(self, values):
        longest = self.state.faults().get("longest_value", LONGEST_VALUE)
        for key, value in values.items():
            if not KEY.match(key) or len(key) > LONGEST_KEY:
                raise GRPCError(Status.INVALID_ARGUMENT, f"Invalid key: '{key}'")
            if len(value) > longest:
                text = f"Value of '{key}' is longer than {longest} characters"
                raise GRPCError(Status.INVALID_ARGUMENT, text)

    def appear(self, name, environment):
        """Somebody else stores a secret of that name a moment before."""
        found = self.named(name, environment) or self.new(name, environment)
        found.values = {"THEIRS": "1"}

    def new(self, name, environment):
        secret = Secret(self.state.new_id("st"), name, environment or "main")
        self.secrets[secret.identity] = secret
        return secret

    async def SecretList(self, request, _):
        before = request.pagination.created_before or float("inf")
        environment = request.environment_name or "main"
        fits = [
            secret
            for secret in self.secrets.values()
            if secret.name and secret.environment == environment and secret.created < before
        ]
        fits.sort(key=lambda secret: -secret.created)
        items = [
            api_pb2.SecretListItem(
                label=secret.name,
                created_at=secret.created,
                secret_id=secret.identity,
                metadata=secret.metadata(),
            )
            for secret in fits[: request.pagination.max_objects or 100]
        ]
        return api_pb2.SecretListResponse(items=items, environment_name=environment)

    async def SecretDelete(self, request, _):
        if self.secrets.pop(request.secret_id, None) is None:
            raise GRPCError(Status.NOT_FOUND, "Secret not found")

    async def SecretUpdate(self, request, _):
        secret = self.secrets[request.secret_id]
        if self.state.faults().get("lose_creation"):
            return
        for update in request.updates:
            if update.HasField("value"):
                secret.values[update.key] = update.value
            else:
                secret.values.pop(update.key, None)
