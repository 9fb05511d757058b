"""What KEDA 2.x takes, as far as it is used here, checked strictly: no package brings its schemas.

Read off the definitions of ScaledObject and TriggerAuthentication (keda.sh/v1alpha1) and of the trigger
postgresql, https://keda.sh/docs.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

Version = Literal["keda.sh/v1alpha1"]
Text = Annotated[str, Field(strict=True, min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=to_camel)


class Reference(_Strict):
    name: Text


class PostgresqlMetadata(_Strict):
    """All values are text, numbers too."""

    host: Text
    port: Text
    user_name: Text
    db_name: Text
    sslmode: Literal["disable", "require", "verify-ca", "verify-full"]
    query: Text
    target_query_value: Text


class Trigger(_Strict):
    type: Literal["postgresql"]
    metadata: PostgresqlMetadata
    authentication_ref: Reference


class HorizontalPodAutoscalerConfig(_Strict):
    """Its behaviour is what a HorizontalPodAutoscaler has there."""

    behavior: dict[str, Any]


class Advanced(_Strict):
    horizontal_pod_autoscaler_config: HorizontalPodAutoscalerConfig


class ScaledObjectSpec(_Strict):
    scale_target_ref: Reference
    min_replica_count: int = Field(ge=0)
    max_replica_count: int = Field(ge=1)
    polling_interval: int = Field(ge=1)
    advanced: Advanced
    triggers: list[Trigger] = Field(min_length=1)


class SecretTarget(_Strict):
    parameter: Literal["password"]
    name: Text
    key: Text


class TriggerAuthenticationSpec(_Strict):
    secret_target_ref: list[SecretTarget] = Field(min_length=1)


class _Object(_Strict):
    api_version: Version
    metadata: dict[str, Any]


class ScaledObject(_Object):
    kind: Literal["ScaledObject"]
    spec: ScaledObjectSpec


class TriggerAuthentication(_Object):
    kind: Literal["TriggerAuthentication"]
    spec: TriggerAuthenticationSpec
