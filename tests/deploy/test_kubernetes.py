"""The manifests against Kubernetes' own schemas, offline; and what these do not know: that parts fit each other."""

import copy
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from envserver.settings import Settings

FOLDER = Path(__file__).parent.parent.parent / "deploy" / "kubernetes"
VERSIONS = ("1.27", "1.31")


def _documents() -> list[tuple[str, dict[str, Any]]]:
    found = []
    for file in sorted(FOLDER.glob("*.yaml")):
        if file.name != "kustomization.yaml":
            found += [(f"{file.name}:{one['kind']}", one) for one in yaml.safe_load_all(file.read_text())]
    return found


def _of(kind: str) -> dict[str, Any]:
    [one] = [document for _, document in _documents() if document["kind"] == kind]
    return one


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("name", "document"), _documents(), ids=[name for name, _ in _documents()])
def test_every_manifest_is_valid(name: str, document: dict[str, Any], version: str) -> None:
    kubernetes_validate.validate(document, version, strict=True)


def test_a_planted_fault_is_found() -> None:
    for place, value in ((("replica",), 2), (("template", "spec", "containers"), "none")):
        broken: Any = copy.deepcopy(_of("Deployment"))
        inner = broken["spec"]
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
        with pytest.raises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_everything_means_the_same_pods() -> None:
    deployment = _of("Deployment")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert deployment["spec"]["selector"]["matchLabels"] == labels
    assert _of("Service")["spec"]["selector"] == labels
    assert _of("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    assert _of("NetworkPolicy")["spec"]["podSelector"]["matchLabels"] == labels
    assert _of("HorizontalPodAutoscaler")["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]


@pytest.mark.parametrize("document", [one for _, one in _documents() if one["kind"] in ("Deployment", "Job")])
def test_pods_have_no_rights(document: dict[str, Any]) -> None:
    pod = document["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"]
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not pod["automountServiceAccountToken"]
    for container in pod["containers"]:
        rights = container["securityContext"]
        assert rights["readOnlyRootFilesystem"]
        assert not rights["allowPrivilegeEscalation"]
        assert rights["capabilities"] == {"drop": ["ALL"]}
        assert container["resources"]["limits"]["memory"]


def test_what_is_set_are_settings() -> None:
    pod = _of("Deployment")["spec"]["template"]["spec"]
    [container] = pod["containers"]
    for variable in container["env"]:
        assert variable["name"].removeprefix("ECHELON_").lower() in Settings.model_fields
    drain = Settings().shutdown_s + int(container["lifecycle"]["preStop"]["exec"]["command"][1])
    assert pod["terminationGracePeriodSeconds"] > drain, "what was taken is answered before the pod is killed"


def test_the_kustomization_names_what_is_there() -> None:
    named = yaml.safe_load((FOLDER / "kustomization.yaml").read_text())
    assert set(named["resources"]) == {f.name for f in FOLDER.glob("*.yaml") if "example" not in f.name} - {
        "kustomization.yaml"
    }
    image = _of("Deployment")["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image in {one["name"] for one in named["images"]}
