"""The network: two zones, public and private subnets, and who may talk to whom."""

import ipaddress
from typing import Final, Literal

import pulumi
import pulumi_aws as aws

ZONES: Final = 2
WEB_PORT: Final = 8000
DATABASE_PORT: Final = 5432
CACHE_PORT: Final = 6379

OUTBOUND_PORTS: Final = {
    80: "Blogs without TLS",
    443: "AWS, blogs, providers",
    587: "Mail submission",
}
"""Where tasks may connect to on the internet. Names and time need no rule inside AWS."""

ANYWHERE_IPV4: Final = "0.0.0.0/0"


class Network(pulumi.ComponentResource):
    """A VPC over two zones.

    Public subnets hold the load balancer (and the tasks, where there is no NAT gateway); private
    subnets hold the rest. A private subnet reaches the internet through a NAT gateway or not at
    all; S3 is always reached inside AWS.
    """

    def __init__(
        self,
        name: str,
        *,
        region: str,
        cidr_block: str,
        nat_gateways: Literal[0, 1, 2],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("gestral:aws:Network", name, None, opts)
        self._name = name
        self._child = pulumi.ResourceOptions(parent=self)
        self.vpc = aws.ec2.Vpc(
            name,
            cidr_block=cidr_block,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": name},
            opts=self._child,
        )
        # AWS gives every VPC a group that lets its members talk freely; adopted, it has no rules.
        aws.ec2.DefaultSecurityGroup(f"{name}-default", vpc_id=self.vpc.id, opts=self._child)

        public_blocks, private_blocks = _subnet_blocks(cidr_block)
        zones = aws.get_availability_zones_output(
            state="available",
            filters=[{"name": "opt-in-status", "values": ["opt-in-not-required"]}],
            opts=pulumi.InvokeOutputOptions(parent=self),
        )
        self._public = self._subnets("public", public_blocks, zones)
        self._private = self._subnets("private", private_blocks, zones)
        self.public_subnet_ids = [subnet.id for subnet in self._public]
        self.private_subnet_ids = [subnet.id for subnet in self._private]
        tables = [self._route_public(), *self._route_private(nat_gateways)]
        aws.ec2.VpcEndpoint(
            f"{name}-s3",
            vpc_id=self.vpc.id,
            service_name=f"com.amazonaws.{region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in tables],
            opts=self._child,
        )
        self._guard()
        self.register_outputs({"vpc_id": self.vpc.id})

    def _subnets(
        self,
        kind: str,
        blocks: list[str],
        zones: pulumi.Output[aws.GetAvailabilityZonesResult],
    ) -> list[aws.ec2.Subnet]:
        return [
            aws.ec2.Subnet(
                f"{self._name}-{kind}-{index}",
                vpc_id=self.vpc.id,
                cidr_block=block,
                availability_zone=zones.names[index],
                map_public_ip_on_launch=False,
                tags={"Name": f"{self._name}-{kind}-{index}"},
                opts=self._child,
            )
            for index, block in enumerate(blocks)
        ]

    def _route_public(self) -> aws.ec2.RouteTable:
        name = f"{self._name}-public"
        gateway = aws.ec2.InternetGateway(name, vpc_id=self.vpc.id, opts=self._child)
        table = aws.ec2.RouteTable(name, vpc_id=self.vpc.id, opts=self._child)
        aws.ec2.Route(
            name,
            route_table_id=table.id,
            destination_cidr_block=ANYWHERE_IPV4,
            gateway_id=gateway.id,
            opts=self._child,
        )
        for index, subnet in enumerate(self._public):
            self._associate(f"{name}-{index}", subnet, table)
        return table

    def _route_private(self, nat_gateways: int) -> list[aws.ec2.RouteTable]:
        gateways = [self._nat_gateway(index) for index in range(nat_gateways)]
        tables = []
        for index, subnet in enumerate(self._private):
            name = f"{self._name}-private-{index}"
            table = aws.ec2.RouteTable(name, vpc_id=self.vpc.id, opts=self._child)
            self._associate(name, subnet, table)
            if gateways:
                aws.ec2.Route(
                    name,
                    route_table_id=table.id,
                    destination_cidr_block=ANYWHERE_IPV4,
                    nat_gateway_id=gateways[index % len(gateways)].id,
                    opts=self._child,
                )
            tables.append(table)
        return tables

    def _nat_gateway(self, index: int) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{index}"
        address = aws.ec2.Eip(name, domain="vpc", opts=self._child)
        return aws.ec2.NatGateway(
            name, allocation_id=address.id, subnet_id=self._public[index].id, opts=self._child
        )

    def _associate(self, name: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable) -> None:
        aws.ec2.RouteTableAssociation(
            name, subnet_id=subnet.id, route_table_id=table.id, opts=self._child
        )

    def _guard(self) -> None:
        """The five security groups: the whole list of who may open a connection to whom."""
        self.load_balancer_group = self._group("lb", "Load balancer of Gestral")
        self.web_group = self._group("web", "Web tasks of Gestral")
        self.worker_group = self._group("worker", "Worker tasks of Gestral")
        self.database_group = self._group("database", "PostgreSQL of Gestral")
        self.cache_group = self._group("cache", "Valkey of Gestral")

        for port in (80, 443):
            aws.vpc.SecurityGroupIngressRule(
                f"{self._name}-anyone-to-lb-{port}",
                security_group_id=self.load_balancer_group.id,
                cidr_ipv4=ANYWHERE_IPV4,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                opts=self._child,
            )
        self._allow("lb-to-web", self.load_balancer_group, self.web_group, WEB_PORT)
        for kind, group in (("web", self.web_group), ("worker", self.worker_group)):
            self._allow(f"{kind}-to-database", group, self.database_group, DATABASE_PORT)
            self._allow(f"{kind}-to-cache", group, self.cache_group, CACHE_PORT)
            for port, purpose in OUTBOUND_PORTS.items():
                aws.vpc.SecurityGroupEgressRule(
                    f"{self._name}-{kind}-to-anyone-{port}",
                    security_group_id=group.id,
                    description=purpose,
                    cidr_ipv4=ANYWHERE_IPV4,
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    opts=self._child,
                )

    def _group(self, kind: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            f"{self._name}-{kind}",
            vpc_id=self.vpc.id,
            description=description,
            # Rules are resources of their own; rules left in the group itself are taken away.
            revoke_rules_on_delete=True,
            tags={"Name": f"{self._name}-{kind}"},
            opts=self._child,
        )

    def _allow(
        self, name: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
    ) -> None:
        """Let `source` open TCP connections to `target`: both of their groups must agree."""
        aws.vpc.SecurityGroupEgressRule(
            f"{self._name}-{name}",
            security_group_id=source.id,
            referenced_security_group_id=target.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )
        aws.vpc.SecurityGroupIngressRule(
            f"{self._name}-{name}",
            security_group_id=target.id,
            referenced_security_group_id=source.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            opts=self._child,
        )


def _subnet_blocks(cidr_block: str) -> tuple[list[str], list[str]]:
    """Address blocks for the public and for the private subnets: each a sixteenth of the network.

    The rest stays free, because a subnet can be added later but never be moved.
    """
    blocks = [str(block) for block in ipaddress.IPv4Network(cidr_block).subnets(prefixlen_diff=4)]
    return blocks[:ZONES], blocks[ZONES : 2 * ZONES]
