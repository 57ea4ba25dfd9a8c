"""What `pulumi up` runs: the configuration of the stack becomes the platform."""

import pulumi

from gestral_deploy.configuration import load
from gestral_deploy.platform import deploy

deploy(pulumi.get_stack(), load(pulumi.Config()))
